import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { readCopy } from "./copy_words.ts";

const cases: [words: string[], from: unknown, to: unknown][] = [
  [["a", "web:"], [undefined, ["a"]], ["web", [""]]],
  [["a", "b", "web:/tmp"], [undefined, ["a", "b"]], ["web", ["/tmp"]]],
  [["web:x", "web:y", "."], ["web", ["x", "y"]], [undefined, ["."]]],
  [["web:x"], ["web", ["x"]], [undefined, []]],
  [["web:x", "bank:"], ["web", ["x"]], ["bank", [""]]],
  [["a", "web:~"], [undefined, ["a"]], ["web", ["."]]],
  [["web:~/x", "web:~//y", "bank:~/"], ["web", ["x", "y"]], ["bank", ["."]]],
  [["web:~", "./new"], ["web", ["."]], [undefined, ["./new"]]],
  [["~/x", "web:~user/y"], [undefined, ["~/x"]], ["web", ["~user/y"]]],
  [["web:./~/x", "x/~"], ["web", ["./~/x"]], [undefined, ["x/~"]]],
  [["./a:b", "web:c:d"], [undefined, ["./a:b"]], ["web", ["c:d"]]],
];
for (const [words, from, to] of cases) {
  Deno.test(`readCopy understands ${words.join(" ")}`, () => {
    const read = readCopy(words);
    assertEquals([read.from.vm, read.from.paths], from as never);
    assertEquals([read.to.vm, read.to.paths], to as never);
  });
}

const wrong: [words: string[], why: string][] = [
  [["a"], "it has no target"],
  [["a", "b"], "neither end is a VM"],
  [["web:a", "b", "bank:"], "all sources must be in one place"],
  [["web:", "."], "a source needs a path"],
  [["web:/", "new"], "all of / cannot be copied"],
  [["web:x", "web://", "."], "all of / cannot be copied"],
];
for (const [words, why] of wrong) {
  Deno.test(`readCopy refuses ${words.join(" ")}`, () => {
    const error = assertThrows(() => readCopy(words), Failure);
    assertEquals(error.message, `cannot understand the copy: ${why}`);
  });
}
