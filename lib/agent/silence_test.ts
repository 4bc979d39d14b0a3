import { assertEquals } from "@std/assert";
import { LOOK, SILENCE, Silence } from "./silence.ts";

function watched() {
  const clock = { now: 1000 };
  const silence = new Silence({ now: () => clock.now });
  silence.begin();
  /** Look in time, as often as that. */
  const looks = (times: number) =>
    Array.from({ length: times }, () => {
      clock.now += LOOK;
      return silence.look();
    });
  return { clock, silence, looks };
}

const PATIENT = SILENCE / LOOK;

Deno.test("Silence is over when nothing was heard for long", () => {
  const { silence, looks } = watched();
  assertEquals(looks(PATIENT).includes(true), false);
  silence.heard();
  assertEquals(looks(PATIENT).includes(true), false);
  assertEquals(looks(1), [true]);
});

Deno.test("Silence waits while what came is being taken", () => {
  const { silence, looks } = watched();
  silence.taking();
  assertEquals(looks(5 * PATIENT).includes(true), false);
  silence.heard();
  assertEquals(looks(PATIENT + 1).at(-1), true);
});

Deno.test("Silence counts anew after Ctrl-Z and fg", () => {
  const { clock, silence, looks } = watched();
  looks(1);
  clock.now += 3_600_000;
  assertEquals(silence.look(), false);
  assertEquals(looks(PATIENT).includes(true), false);
  // A guest that is dead all the same is found out.
  assertEquals(looks(1), [true]);
});

Deno.test("Silence stays with what is being taken after Ctrl-Z", () => {
  const { clock, silence, looks } = watched();
  silence.taking();
  clock.now += 3_600_000;
  assertEquals(silence.look(), false);
  assertEquals(looks(2 * PATIENT).includes(true), false);
});
