import { assertEquals } from "@std/assert";
import { race, ratio, spread } from "./race.ts";

Deno.test("spread() has the middle one, or the mean of the two there", () => {
  assertEquals(spread([9, 1, 2]), { median: 2, least: 1, most: 9 });
  assertEquals(spread([4, 1, 2, 9]), { median: 3, least: 1, most: 9 });
});

Deno.test("ratio() compares what ran in the same round", () => {
  const a = { name: "a", wall: [10, 40], cpu: 0 };
  const b = { name: "b", wall: [5, 10], cpu: 0 };
  assertEquals(ratio(a, b), { median: 3, least: 2, most: 4 });
});

Deno.test("race() takes turns and does not count the first round", async () => {
  const said: string[] = [];
  const contender = (name: string) => ({
    name,
    work: (round: number) => Promise.resolve(void said.push(name + round)),
    after: (round: number) => Promise.resolve(void said.push(`-${round}`)),
  });
  const series = await race([contender("a"), contender("b")], 2);
  assertEquals(said.join(" "), "a0 -0 b0 -0 a1 -1 b1 -1 a2 -2 b2 -2");
  assertEquals(series.map(({ wall }) => wall.length), [2, 2]);
});
