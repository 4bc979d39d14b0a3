import { assert, assertEquals } from "@std/assert";
import {
  encode,
  type Frame,
  FrameReader,
  gathered,
  giveBack,
  LONGEST_PAYLOAD,
} from "./frame.ts";

function read(pieces: (string | Uint8Array)[], longest?: number): Frame[] {
  const reader = new FrameReader(longest);
  return pieces.flatMap((piece) => [
    ...reader.push(
      typeof piece === "string" ? new TextEncoder().encode(piece) : piece,
    ),
  ]);
}

function payloadOf(frame: Frame | undefined): Uint8Array<ArrayBuffer> {
  if (frame && "message" in frame && frame.payload) return frame.payload;
  throw new Error("a frame without a payload");
}

const OUTPUT = { method: "program_output", params: { bytes: 3 } };

Deno.test("FrameReader cuts what is glued and joins what is cut", () => {
  assertEquals(read(['{"a":1}\n{"b":2}\n{"c"', ":3}", "\n"]), [
    { message: { a: 1 } },
    { message: { b: 2 } },
    { message: { c: 3 } },
  ]);
});

Deno.test("FrameReader reads byte by byte", () => {
  const bytes = encode(OUTPUT, new Uint8Array([10, 123, 10]));
  const frames = read([...bytes].map((byte) => new Uint8Array([byte])));
  assertEquals(frames, [
    { message: OUTPUT, payload: new Uint8Array([10, 123, 10]) },
  ]);
});

Deno.test("FrameReader says how many raw bytes are missing", () => {
  const reader = new FrameReader();
  const bytes = encode(OUTPUT, new Uint8Array(3));
  const missing = [...bytes].map((byte) => {
    [...reader.push(new Uint8Array([byte]))];
    return reader.missing;
  });
  assertEquals(missing.slice(-5), [0, 3, 2, 1, 0]);
});

Deno.test("FrameReader takes raw bytes only where a message announces them", () => {
  assertEquals(read([encode({ params: { bytes: 3 } }), "{}\n"]), [
    { message: { params: { bytes: 3 } } },
    { message: {} },
  ]);
});

Deno.test("FrameReader says once that a line is too long, and goes on after it", () => {
  assertEquals(read(["x".repeat(60), "y".repeat(60), "\n{}\n"], 100), [
    { broken: "too long" },
    { message: {} },
  ]);
});

Deno.test("FrameReader holds no more than the longest line", () => {
  const reader = new FrameReader(1024);
  const piece = new Uint8Array(1 << 20).fill(65);
  let frames = 0;
  for (let i = 0; i < 256; i++) frames += [...reader.push(piece)].length;
  assertEquals(frames, 1);
});

Deno.test("FrameReader refuses payloads that are too long, or no number", () => {
  const announcing = (bytes: unknown) =>
    encode({ method: "program_output", params: { bytes } });
  assertEquals(read([announcing(1e9)]), [{ broken: "too long" }]);
  for (const bytes of [-1, 0.5, "3", null, {}]) {
    assertEquals(read([announcing(bytes)]).length, 1);
  }
});

Deno.test("FrameReader refuses what is no UTF-8 or no JSON", () => {
  assertEquals(read([new Uint8Array([34, 255, 34, 10]), "{\n"]), [
    { broken: "not JSON" },
    { broken: "not JSON" },
  ]);
});

Deno.test("FrameReader skips blank lines", () => {
  assertEquals(read(["\n\n \r\n{}\n\n"]), [{ message: {} }]);
});

Deno.test("FrameReader reads nesting of any depth", () => {
  const deep = "[".repeat(10_000) + "]".repeat(10_000);
  assertEquals(read([`${deep}\n`]).length, 1);
});

Deno.test("FrameReader lends what has come at once, and copies what has not", () => {
  const reader = new FrameReader(undefined, undefined, true);
  const two = encode(OUTPUT, new Uint8Array([1, 2, 3]));
  const whole = new Uint8Array([...two, ...two.subarray(0, -1)]);
  const [lent, ...none] = [...reader.push(whole)];
  assertEquals(none, []);
  assert(payloadOf(lent).buffer === whole.buffer);
  const [copied] = [...reader.push(new Uint8Array([3]))];
  assertEquals(copied, { message: OUTPUT, payload: new Uint8Array([1, 2, 3]) });
});

Deno.test("FrameReader uses memory again that was given back, and no other", () => {
  const message = { method: "program_output", params: { bytes: 5000 } };
  const one = encode(message, new Uint8Array(5000).fill(1));
  const read = (bytes: Uint8Array) =>
    payloadOf([...new FrameReader().push(bytes)][0]);
  const first = read(one);
  const second = read(one);
  assert(second.buffer !== first.buffer);
  assertEquals(second.buffer.byteLength, 5000);
  giveBack(first);
  const third = read(encode(message, new Uint8Array(5000).fill(3)));
  assert(third.buffer === first.buffer);
  assertEquals([third.length, third[4999], second[0]], [5000, 3, 1]);
});

Deno.test("gathered() joins what is small, in its order, and leaves the rest", () => {
  const of = (...lengths: number[]) =>
    lengths.map((length, i) => new Uint8Array(length).fill(i));
  const sizes = (pieces: Uint8Array<ArrayBuffer>[]) =>
    [...gathered(pieces)].map(({ length }) => length);
  assertEquals(sizes(of(1, 2, 3)), [6]);
  assertEquals(sizes(of(10, LONGEST_PAYLOAD - 10, 1)), [LONGEST_PAYLOAD, 1]);
  assertEquals(sizes(of(10, LONGEST_PAYLOAD)), [10, LONGEST_PAYLOAD]);
  assertEquals(sizes([]), []);
  assertEquals([...gathered(of(1, 2))], [new Uint8Array([0, 1, 1])]);
});
