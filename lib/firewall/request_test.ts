import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { parseRequest } from "./request.ts";

Deno.test("parseRequest() reads what to do with rules", () => {
  const does = (text: string) => parseRequest(text.split(" ").filter(Boolean));
  assertEquals(does(""), { does: "list" });
  assertEquals(does("log"), { does: "log" });
  assertEquals(does("remove 2 13"), { does: "remove", numbers: [2, 13] });
  assertEquals(does("default deny"), { does: "default", default: "deny" });
  assertEquals(does("allow icmp to any"), {
    does: "add",
    rule: { action: "allow", protocol: "icmp", to: "any" },
  });
});

for (
  const [text, why] of [
    [
      "drop all",
      '"drop" is none of list, allow, deny, remove, default, refresh, reset, ' +
      "log",
    ],
    ["list x", "nothing comes behind list"],
    ["remove", "which number is to be removed?"],
    ["remove 0", '"0" is not the number of a rule'],
    ["remove 1 x", '"x" is not the number of a rule'],
    ["default", "the default is allow or deny"],
    ["default drop", "the default is allow or deny"],
    [
      "allow tcp x to any",
      '"x" is not a port of tcp: 1 to 65535, a range ' +
      "such as 8000-8080, or any",
    ],
  ] as const
) {
  Deno.test(`parseRequest() refuses ${JSON.stringify(text)}`, () => {
    const words = text.split(" ");
    const failure = assertThrows(() => parseRequest(words), Failure);
    assertEquals([failure.exit, failure.message, failure.hint], [
      "usage",
      `cannot understand the command line: ${why}`,
      "vms-firewall --help",
    ]);
  });
}
