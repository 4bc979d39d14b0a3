import { assertEquals, assertThrows } from "@std/assert";
import { count, duration, humanSize, memory, oneOf, size } from "./values.ts";

function refused(as: (word: string) => unknown, word: string): string {
  return assertThrows(() => as(word), Error).message;
}

Deno.test("size() reads powers of 1024", () => {
  assertEquals(size("1"), 1);
  assertEquals(size("512"), 512);
  assertEquals(size("4K"), 4096);
  assertEquals(size("512M"), 512 * 2 ** 20);
  assertEquals(size("20G"), 20 * 2 ** 30);
  assertEquals(size("20GiB"), 20 * 2 ** 30);
  assertEquals(size("1.5G"), 1.5 * 2 ** 30);
  assertEquals(size("1T"), 2 ** 40);
});

for (
  const word of [
    "0",
    "-1",
    "20X",
    "",
    "G",
    "1 G",
    "1g",
    "0x10",
    "1e9",
    "NaN",
    "2000T",
    "0.5",
    "1G\n",
    "20iB",
    "iB",
  ]
) {
  Deno.test(`size() refuses ${JSON.stringify(word)}`, () => {
    assertEquals(
      refused(size, word),
      `${JSON.stringify(word)} is not a size such as 512M or 20G`,
    );
  });
}

Deno.test("memory() is at least 64 MiB", () => {
  assertEquals(memory("64M"), 64 * 2 ** 20);
  assertEquals(
    refused(memory, "63M"),
    '"63M" is too little memory: 64M is the least',
  );
});

Deno.test("count() is from 1 to 512", () => {
  assertEquals([count("1"), count("512")], [1, 512]);
  for (const word of ["0", "513", "-1", "1.5", "", "two", "1\n"]) {
    assertEquals(
      refused(count, word),
      `${JSON.stringify(word)} is not a number from 1 to 512`,
    );
  }
});

Deno.test("duration() is in seconds", () => {
  assertEquals(
    ["90", "90s", "5m", "1h", "0"].map(duration),
    [90, 90, 300, 3600, 0],
  );
  for (const word of ["", "1d", "-1", "5 m", "1.5h", "1s\n"]) {
    assertEquals(
      refused(duration, word),
      `${JSON.stringify(word)} is not a time such as 90s or 5m`,
    );
  }
});

Deno.test("duration() is what a timer can wait for", () => {
  assertEquals(duration("500h"), 1_800_000);
  assertEquals(refused(duration, "501h"), '"501h" is longer than 500h');
});

Deno.test("oneOf() takes one of its words", () => {
  const state = oneOf(["running", "paused"]);
  assertEquals(state("paused"), "paused");
  assertEquals(refused(state, "x"), '"x" is none of running, paused');
});

Deno.test("humanSize() keeps at most one digit behind the point", () => {
  assertEquals(
    [0, 1023, 1024, 388 * 1024, 1.2 * 2 ** 30, 2 ** 50].map(humanSize),
    ["0 B", "1023 B", "1.0 KiB", "388 KiB", "1.2 GiB", "1024 TiB"],
  );
});
