import { assertEquals, assertThrows } from "@std/assert";
import { question, readAnswer } from "./dns_message.ts";

const LINK = [0xc0, 12];

function record(type: number, ttl: number, data: number[]): number[] {
  return [...LINK, 0, type, 0, 1, 0, 0, ttl >> 8, ttl & 255, 0, data.length]
    .concat(data);
}

/** An answer with these records to the question for example.org. */
function answer(records: number[][], { code = 0, id = 7 } = {}): Uint8Array {
  const asked = question(7, "example.org");
  const bytes = [...asked, ...records.flat()];
  bytes.splice(0, 8, 0, id, 0x81, 0x80 | code, 0, 1, 0, records.length);
  return Uint8Array.from(bytes);
}

Deno.test("question() asks for the addresses of a name", () => {
  const text = [...question(0x1234, "a.example")].join(" ");
  assertEquals(
    text,
    "18 52 1 0 0 1 0 0 0 0 0 0 1 97 7 101 120 97 109 112 108 101 0 0 1 0 1",
  );
});

Deno.test("readAnswer() takes addresses, and the shortest time on the way", () => {
  const cname = record(5, 30, [1, 97, ...LINK]);
  const message = answer([
    cname,
    record(1, 300, [203, 0, 113, 7]),
    record(28, 300, Array(16).fill(1)),
    record(1, 300, [203, 0, 113, 8]),
  ]);
  assertEquals(readAnswer(7, message), {
    addresses: ["203.0.113.7", "203.0.113.8"],
    ttl: 30,
  });
});

Deno.test("readAnswer() has no addresses for a name that does not exist", () => {
  assertEquals(readAnswer(7, answer([], { code: 3 })).addresses, []);
});

for (
  const [name, message, why] of [
    ["nothing", new Uint8Array(), "what came back is no answer"],
    ["another's answer", answer([], { id: 8 }), "what came back is no answer"],
    ["a question", question(7, "a.example"), "what came back is no answer"],
    [
      "a server that fails",
      answer([], { code: 2 }),
      "the name server answered with error 2",
    ],
    [
      "half a record",
      answer([record(1, 9, [1, 2, 3, 4])]).slice(0, 33),
      "the answer is cut off",
    ],
    ["half a question", answer([]).slice(0, 20), "the answer is cut off"],
  ] as const
) {
  Deno.test(`readAnswer() refuses ${name}`, () => {
    const { message: said } = assertThrows(
      () => readAnswer(7, message),
      Error,
    );
    assertEquals(said, why);
  });
}

Deno.test("readAnswer() of random bytes ends, whatever they are", () => {
  for (let i = 0; i < 2000; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(i % 90));
    const message = Uint8Array.from([0, 7, 0x80, 0, ...bytes]);
    try {
      readAnswer(7, message);
    } catch (error) {
      assertEquals(error instanceof RangeError, false, `${message}`);
    }
  }
});
