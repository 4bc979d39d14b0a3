import { assertEquals } from "@std/assert";
import { TreeError } from "../../guest/agent/tree.ts";
import { failure } from "./copy_failure.ts";
import { readCopy } from "./copy_words.ts";

const hints: [words: string[], hint: string | undefined][] = [
  [["web:."], "vms-cp web:. ./NAME"],
  [["web:.", "."], "vms-cp web:. ./NAME"],
  [["web:..", "/tmp/"], "vms-cp web:.. /tmp/NAME"],
  [["web:.", "bank:"], "vms-cp web:. bank:NAME"],
  [["web:x/..", "bank:Documents"], "vms-cp web:x/.. bank:Documents/NAME"],
  [["web:.", "web:x", "/tmp"], undefined],
];
for (const [words, hint] of hints) {
  Deno.test(`failure() of ${words.join(" ")} that needs a name says how to give one`, () => {
    const error = failure(readCopy(words), new TreeError("unnamed", "why"));
    assertEquals([error.exit, error.hint], ["usage", hint]);
  });
}

Deno.test("failure() of a lie is no conflict, and names it as plain text", () => {
  const why = '"\u202efdp" is sent';
  const error = failure(readCopy(["web:x", "."]), new TreeError("lie", why));
  assertEquals([error.exit, error.hint], ["failed", undefined]);
  assertEquals(error.message, 'cannot copy web:x to .: "?fdp" is sent');
});
