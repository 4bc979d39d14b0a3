import { assertEquals } from "@std/assert";
import { Presence } from "./presence.ts";

/** A port whose reads take as long as is said, and its clock. */
function port() {
  let time = 1000;
  const presence = new Presence(() => time);
  return {
    presence,
    pass: (milliseconds: number) => time += milliseconds,
    /** Read so many bytes. @returns true where a host left. */
    read(bytes: number, milliseconds: number) {
      presence.reading();
      time += milliseconds;
      return presence.read(bytes);
    },
  };
}

Deno.test("Presence: nobody is there until a host has come", () => {
  const { presence, pass, read } = port();
  for (let i = 0; i < 1000; i++) {
    assertEquals(read(0, 10), false);
    pass(50);
  }
  assertEquals(presence.absent, 60_000);
});

Deno.test("Presence: a host that is silent is there", () => {
  const { presence, pass, read } = port();
  assertEquals(read(3, 5), false);
  presence.reading();
  pass(3_600_000);
  assertEquals(presence.absent, 0);
  assertEquals(presence.read(3), false);
  // What it said is worked on, and nothing is read.
  pass(3_600_000);
  assertEquals(presence.absent, 0);
});

Deno.test("Presence: a host that never says a word is there, too", () => {
  const { presence, pass, read } = port();
  assertEquals(read(0, 1), false);
  presence.reading();
  pass(3_600_000);
  assertEquals(presence.absent, 0);
  assertEquals(presence.read(0), true);
  assertEquals(presence.absent, 0);
  assertEquals(read(0, 1), false);
});

Deno.test("Presence counts from when the host left", () => {
  const { presence, pass, read } = port();
  read(3, 5);
  assertEquals(read(0, 100_000), true);
  pass(10);
  assertEquals(read(0, 10), false);
  assertEquals(presence.absent, 20);
});
