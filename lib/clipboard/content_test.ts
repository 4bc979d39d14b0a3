import { assertEquals, assertThrows } from "@std/assert";
import { clean, LIMITS, sha256 } from "./content.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function cleanText(text: string): string {
  return new TextDecoder().decode(clean("text", bytes(text), LIMITS.text));
}

Deno.test("clean() leaves words of any language as they are", () => {
  const text = "naïve\tcafé\n日本語 🏳️‍🌈 \u200d\n";
  assertEquals(cleanText(text), text);
});

Deno.test("clean() takes out what a terminal would obey", () => {
  assertEquals(cleanText("a\x1b[31mred\x07\x00\x7f\x9b1m"), "a[31mred1m");
});

Deno.test("clean() makes one kind of line end", () => {
  assertEquals(cleanText("a\r\nb\rc\nd"), "a\nb\nc\nd");
});

Deno.test("clean() takes out marks that turn the direction of writing", () => {
  assertEquals(cleanText("rm \u202egpj.\u2066x\u2069\u2028"), "rm gpj.x");
  assertEquals(cleanText("\u200fa\u061cb\u200e"), "ab");
});

const REFUSED: [what: string, content: Uint8Array, why: string][] = [
  ["nothing", new Uint8Array(), "it is empty"],
  ["what is not UTF-8", new Uint8Array([0x61, 0xff]), "it is not UTF-8"],
  [
    "control characters alone",
    bytes("\x1b\x00"),
    "it is nothing but control characters",
  ],
  [
    "too much",
    new Uint8Array(11).fill(0x61),
    "it is larger than 10 B; --limit takes more",
  ],
];

for (const [what, content, why] of REFUSED) {
  Deno.test(`clean() refuses ${what}`, () => {
    assertThrows(() => clean("text", content, 10), Error, why);
  });
}

Deno.test("sha256() is what sha256sum prints", async () => {
  assertEquals(
    await sha256(bytes("abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
