/** A bar for each contender of one run, as SVG. */

import { el } from "../lib/xml/element.ts";
import type { Finding } from "./finding.ts";
import { spread } from "./race.ts";

interface Bar {
  name: string;
  /** Milliseconds: the median, least and most of the rounds. */
  median: number;
  least: number;
  most: number;
}

/** Pixels. */
const ROW = 34;
const LEFT = 190;
const WIDTH = 760;
const PLOT = WIDTH - LEFT - 110;

/** Those of the names, each once, in that order. */
export function bars(
  findings: readonly Finding[],
  names: readonly string[],
): Bar[] {
  const all = findings.flatMap(({ series }) => series);
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (!found) throw new Error(`no contender is called ${name}`);
    return { name, ...spread(found.wall) };
  });
}

/** Lengths by the logarithm: they differ by more than a screen is wide. */
export function chart(found: readonly Bar[], title: string): string {
  const least = Math.min(...found.map((bar) => bar.least)) / 2;
  const most = Math.max(...found.map((bar) => bar.most));
  const at = (value: number) =>
    LEFT + PLOT * Math.log(value / least) / Math.log(most / least);
  const height = ROW * (found.length + 2);
  return el(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      "font-family": "sans-serif",
      "font-size": 14,
    },
    el("rect", { width: WIDTH, height, fill: "#ffffff" }),
    el("text", { x: 12, y: 24, "font-weight": "bold" }, title),
    found.flatMap((bar, i) => {
      const y = ROW * (i + 1) + 8;
      const middle = y + ROW / 2;
      return [
        el(
          "text",
          { x: LEFT - 10, y: middle + 5, "text-anchor": "end" },
          bar.name,
        ),
        el("rect", {
          x: LEFT,
          y: y + 5,
          width: Math.round(at(bar.median) - LEFT),
          height: ROW - 12,
          fill: "#3b6ea5",
        }),
        el("line", {
          x1: Math.round(at(bar.least)),
          x2: Math.round(at(bar.most)),
          y1: middle,
          y2: middle,
          stroke: "#1b1b1b",
        }),
        el(
          "text",
          { x: Math.round(at(bar.most)) + 8, y: middle + 5 },
          `${(bar.median / 1000).toFixed(2)} s`,
        ),
      ];
    }),
    el(
      "text",
      { x: 12, y: height - 12, "font-size": 12, fill: "#555555" },
      "median and range; logarithmic",
    ),
  ).text;
}
