/** What a benchmark found, and the table of all findings. */

import { ratio, type Series, type Spread, spread } from "./race.ts";

export interface Finding {
  /** Such as `vms-clone / qemu-img create -b + virsh define`. */
  what: string;
  value: Spread;
  unit: "x" | "ms" | "KiB" | "files";
  goal?: { atMost: number } | { atLeast: number };
  /** What was measured to find it. */
  series: Series[];
}

/** How many times longer `a` takes than `b`. */
export function times(
  a: Series,
  b: Series,
  goal?: Finding["goal"],
): Finding {
  const what = `${a.name} / ${b.name}`;
  return { what, value: ratio(a, b), unit: "x", goal, series: [a, b] };
}

export function milliseconds(a: Series, goal?: Finding["goal"]): Finding {
  return {
    what: a.name,
    value: spread(a.wall),
    unit: "ms",
    goal,
    series: [a],
  };
}

export function kibibytes(
  what: string,
  bytes: number[],
  goal?: Finding["goal"],
): Finding {
  const value = spread(bytes.map((count) => count / 1024));
  return { what, value, unit: "KiB", goal, series: [] };
}

export function files(
  what: string,
  counts: number[],
  goal?: Finding["goal"],
): Finding {
  return { what, value: spread(counts), unit: "files", goal, series: [] };
}

/** Whether the median keeps to the goal; undefined where there is none. */
export function kept({ value: { median }, goal }: Finding) {
  if (!goal) return;
  return "atMost" in goal ? median <= goal.atMost : median >= goal.atLeast;
}

const HEADER = ["", "MEDIAN", "RANGE", "GOAL", "", "WALL MS", "CPU MS"];

/** Lines of an aligned table. */
export function table(findings: Finding[]): string[] {
  const rows = [HEADER, ...findings.map(row)];
  const widths = HEADER.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]!.length))
  );
  return rows.map((cells) =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell)
      .map((cell, i) => cell.padStart(widths[i]!)).join("  ").trimEnd()
  );
}

function row(finding: Finding): string[] {
  const { what, value, unit, goal, series } = finding;
  const good = kept(finding);
  return [
    what,
    `${short(value.median)} ${unit}`,
    `${short(value.least)} to ${short(value.most)}`,
    !goal
      ? ""
      : "atMost" in goal
      ? `at most ${goal.atMost}`
      : `at least ${goal.atLeast}`,
    good === undefined ? "" : good ? "ok" : "MISSED",
    series.map(({ wall }) => short(spread(wall).median)).join(" / "),
    series.map(({ cpu }) => short(cpu)).join(" / "),
  ];
}

function short(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
