import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { remaining, resumable, stepNamed, stepsFor } from "./steps.ts";

const STEPS = stepsFor({ parent: false, extra: ["81-late"] });
const NAMES = resumable(STEPS);

Deno.test("stepNamed() takes a name, or its number", () => {
  assertEquals(stepNamed(NAMES, "30-base"), "30-base");
  assertEquals(stepNamed(NAMES, "30"), "30-base");
  assertEquals(stepNamed(NAMES, "81-late"), "81-late");
});

Deno.test("stepNamed() refuses what cannot be gone on from, and says what can", () => {
  // What is done each time, what has no step, and what is none of a child's.
  const child = resumable(stepsFor({ parent: true, extra: [] }));
  const wrong: [names: string[], word: string][] = [
    [NAMES, "00-prepare"],
    [NAMES, "3"],
    [NAMES, "30-bas"],
    [NAMES, ""],
    [child, "30-base"],
  ];
  for (const [names, word] of wrong) {
    const { exit, message } = assertThrows(
      () => stepNamed(names, word),
      Failure,
    );
    assertEquals([exit, message], [
      "usage",
      `cannot go on from step "${word}": the steps are ${names.join(", ")}`,
    ]);
  }
});

Deno.test("remaining() are preparing and what comes from a step on", () => {
  const names = (from?: string) => remaining(STEPS, from).map((s) => s.name);
  assertEquals(names(), STEPS.map(({ name }) => name));
  const last = ["00-prepare", "80-services", "81-late", "90-clean-up"];
  assertEquals(names("80-services"), last);
  assertEquals(names("80"), last);
});
