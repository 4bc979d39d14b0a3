import { assertEquals, assertThrows } from "@std/assert";
import {
  choiceText,
  isolatedChoice,
  isolatedNetwork,
  parseChoice,
} from "./network_choice.ts";

for (
  const word of ["none", "nat", "isolated", "isolated:work", "bridge:br0"]
) {
  Deno.test(`parseChoice() and choiceText(): ${word}`, () => {
    assertEquals(choiceText(parseChoice(word)), word);
  });
}

const CHOICES = "none, nat, isolated, isolated:GROUP, bridge:BRIDGE";

for (
  const [word, message] of [
    ["", `"" is none of ${CHOICES}`],
    ["nat:x", `"nat:x" is none of ${CHOICES}`],
    ["bridge", `"bridge" is none of ${CHOICES}`],
    ["isolated:a:b", `"isolated:a:b" is none of ${CHOICES}`],
    ["bridge:", '"" is not the name of a bridge'],
    ["bridge:../x", '"../x" is not the name of a bridge'],
    [
      "bridge:abcdefghijklmnop",
      '"abcdefghijklmnop" is not the name of a bridge',
    ],
    [
      "isolated:A",
      '"A" is not a name: 1 to 63 of a-z, 0-9 and -, not beginning with -',
    ],
  ] as const
) {
  Deno.test(`parseChoice() refuses ${JSON.stringify(word)}`, () => {
    const { message: said } = assertThrows(() => parseChoice(word), Error);
    assertEquals(said, message);
  });
}

Deno.test("isolatedChoice() knows the networks of isolated VMs", () => {
  for (const group of [undefined, "work"]) {
    assertEquals(isolatedChoice(isolatedNetwork(group)), {
      kind: "isolated",
      ...(group && { group }),
    });
  }
  assertEquals(isolatedChoice("default"), undefined);
});
