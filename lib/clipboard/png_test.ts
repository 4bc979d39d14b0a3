import { assertEquals, assertThrows } from "@std/assert";
import { cleanPng } from "./png.ts";

/** One red pixel. */
const RED = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAABGdBTUEAALGPC/xhBQAAAAxJREFU" +
    "eJxj+M/AAAADAQEAyf6S7wAAAABJRU5ErkJggg==",
);

function text(data: Uint8Array): string {
  return String.fromCharCode(...data);
}

/** A chunk with the checksum of zlib's crc32. */
function withChunk(png: Uint8Array, chunk: Uint8Array): Uint8Array {
  const end = png.length - 12;
  return new Uint8Array([
    ...png.subarray(0, end),
    ...chunk,
    ...png.subarray(end),
  ]);
}

/** `tEXt` with `Comment\0hi`. */
const COMMENT = Uint8Array.fromHex(
  "0000000a" + "74455874" + "436f6d6d656e74006869" + "a2a25866",
);

Deno.test("cleanPng() keeps a picture as it is", () => {
  assertEquals(cleanPng(RED), RED);
});

Deno.test("cleanPng() drops comments and what stands behind the picture", () => {
  const more = new Uint8Array([...withChunk(RED, COMMENT), ...COMMENT, 1, 2]);
  assertEquals(text(more).includes("Comment"), true);
  assertEquals(cleanPng(more), RED);
});

Deno.test("cleanPng() refuses what is no PNG", () => {
  const words = new TextEncoder().encode("GIF89a, or so it says");
  assertThrows(() => cleanPng(words), Error, "it is not PNG");
});

const BROKEN: [what: string, png: Uint8Array][] = [
  ["half of one", RED.subarray(0, 60)],
  ["a wrong checksum", RED.map((byte, i) => i === 50 ? byte ^ 1 : byte)],
  ["no end", RED.subarray(0, RED.length - 12)],
  ["an endless chunk", RED.map((byte, i) => i === 8 ? 0xff : byte)],
  ["no width", withoutWidth()],
];

/** With a checksum that fits. */
function withoutWidth(): Uint8Array {
  const png = RED.slice();
  png.set([0, 0, 0, 0], 16);
  png.set(Uint8Array.fromHex("7fb538e0"), 29);
  return png;
}

for (const [what, png] of BROKEN) {
  Deno.test(`cleanPng() refuses ${what}`, () => {
    assertThrows(() => cleanPng(png), Error, "it is a broken PNG");
  });
}
