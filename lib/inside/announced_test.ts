import { assertEquals } from "@std/assert";
import { LONGEST_LINE } from "../../guest/agent/frame.ts";
import { message } from "../../guest/agent/tree.ts";
import { Announced } from "./announced.ts";

const encoder = new TextEncoder();

function announcedBy(...parts: Uint8Array[]): (number | undefined)[] {
  const announced = new Announced();
  return parts.map((part) => {
    announced.push(part);
    return announced.bytes;
  });
}

const begin = (bytes: number) =>
  message({ type: "begin", items: ["a"], bytes, entries: 1 });

Deno.test("Announced knows as soon as the beginning is there, and for good", () => {
  const whole = begin(9);
  const parts = [whole.slice(0, 20), whole.slice(20), begin(7)];
  assertEquals(announcedBy(...parts), [undefined, 9, 9]);
  const more = message({ type: "data", bytes: 4 }, new Uint8Array(4));
  assertEquals(announcedBy(new Uint8Array([...whole, ...more])), [9]);
});

Deno.test("Announced believes no number that is none, and no other beginning", () => {
  const wrong = [
    '{"type":"begin","bytes":-1}',
    '{"type":"begin","bytes":"9"}',
    '{"type":"begin","bytes":1e300}',
    '{"type":"end","bytes":9}',
    '{"type":"data","bytes":9}\n123456789',
    "null",
    "no JSON",
  ];
  for (const line of wrong) {
    const parts = [encoder.encode(`${line}\n`), begin(9)];
    // After another first message none is a beginning.
    assertEquals(announcedBy(...parts), [undefined, undefined], line);
  }
});

Deno.test("Announced remembers no more than one line", () => {
  const part = new Uint8Array(LONGEST_LINE).fill(32);
  assertEquals(announcedBy(part, part, begin(9)), [
    ...[undefined, undefined, undefined],
  ]);
});
