import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { bars, chart } from "./chart.ts";
import type { Finding } from "./finding.ts";

const finding: Finding = {
  what: "a / b",
  value: { median: 1, least: 1, most: 1 },
  unit: "x",
  series: [
    { name: "fork", wall: [900, 1000, 1100], cpu: 0 },
    { name: "cold <boot>", wall: [50_000], cpu: 0 },
  ],
};

Deno.test("bars() takes contenders by their names", () => {
  assertEquals(bars([finding], ["cold <boot>", "fork"]), [
    { name: "cold <boot>", median: 50_000, least: 50_000, most: 50_000 },
    { name: "fork", median: 1000, least: 900, most: 1100 },
  ]);
  assertThrows(() => bars([finding], ["pool"]), Error, "called pool");
});

Deno.test("chart() shows seconds, and escapes names", () => {
  const svg = chart(bars([finding], ["fork", "cold <boot>"]), "t");
  assertMatch(svg, /1\.00 s/);
  assertMatch(svg, /50\.00 s/);
  assertEquals(svg.includes("<boot>"), false);
});
