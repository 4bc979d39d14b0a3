import { assertEquals } from "@std/assert";
import { Lines } from "./lines.ts";

async function taken(...pieces: (string | number[])[]): Promise<string[][]> {
  const all: string[][] = [];
  const lines = new Lines((some) => Promise.resolve(void all.push(some)));
  for (const piece of pieces) {
    const bytes = typeof piece === "string"
      ? new TextEncoder().encode(piece)
      : new Uint8Array(piece);
    await lines.push(bytes);
  }
  await lines.end();
  return all;
}

Deno.test("Lines hands on each line as soon as it is whole", async () => {
  assertEquals(await taken("one\ntw", "o\n", "three\n\nlast"), [
    ["one"],
    ["two"],
    ["three", ""],
    ["last"],
  ]);
  assertEquals(await taken(""), []);
});

Deno.test("Lines joins characters that are cut", async () => {
  assertEquals(await taken([0x61, 0xc3], [0xa4, 0x0a]), [["aä"]]);
});

Deno.test("Lines lets no terminal sequence through, and keeps tabs", async () => {
  assertEquals(await taken("\x1b]0;x\x07\tb\r\n"), [["?]0;x?\tb"]]);
});

Deno.test("Lines goes on in the next one where a line never ends", async () => {
  const all = (await taken(...Array(20).fill("x".repeat(10_000)))).flat();
  assertEquals(all.map(({ length }) => length), [65536, 65536, 65536, 3392]);
});
