import { assertEquals } from "@std/assert";
import { withoutArmour } from "./armour.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const block = (lines: string) =>
  `-----BEGIN PGP PUBLIC KEY BLOCK-----\n${lines}\n` +
  "-----END PGP PUBLIC KEY BLOCK-----\n";

Deno.test("withoutArmour() joins blocks, and leaves out headers and sums", () => {
  const text =
    `keys of the project\n${block("Comment: one\n\nAQID\n=abcd")}\n` +
    block("\nBAU=\r").replaceAll("\n", "\r\n");
  assertEquals([...withoutArmour(bytes(text))], [1, 2, 3, 4, 5]);
});

Deno.test("withoutArmour() leaves binary data as it is", () => {
  const data = new Uint8Array([0x98, 0x33, 0, 255]);
  assertEquals(withoutArmour(data), data);
});
