import { assertEquals } from "@std/assert";
import { wanted } from "./balloon.ts";

const MIB = 2 ** 20;

function stats(memory: number, total: number, usable: number) {
  return {
    name: "web",
    memory: memory * MIB,
    memoryMax: 4096 * MIB,
    disks: [],
    guest: { total: total * MIB, usable: usable * MIB, at: 0 },
  };
}

const CASES: [what: string, memory: number, usable: number, mib: number][] = [
  ["a quarter beside what it uses", 4096, 3000, 1250],
  ["at least the reserve beside it", 4096, 3800, 328],
  ["never less than the least", 4096, 3990, 256],
  ["never more than it can have", 4096, 100, 4096],
  ["what is in the balloon is not used", 1096, 500, 628],
  ["a guest that lies", 4096, 9000, 256],
];

for (const [what, memory, usable, mib] of CASES) {
  Deno.test(`wanted(): ${what}`, () => {
    assertEquals(wanted(stats(memory, 4000, usable))! / MIB, mib);
  });
}

Deno.test("wanted() knows nothing of a guest that tells nothing", () => {
  assertEquals(wanted({ name: "web", disks: [], memory: 1 }), undefined);
});
