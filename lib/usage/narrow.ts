/** What a table shows of VMs where it is too wide for the screen. */

import { type Column, table } from "../command/output.ts";
import { type Usage, USAGE_COLUMNS } from "./usage.ts";

/** What is left out where not all fits, the first of it first. */
const LEAST = ["VCPUS", "RESIDENT", "OF", "DISK", "MEMORY", "STATE", "CPU"];

/**
 * Columns for each tick: one that was left out stays so until the screen
 * changes, or it would come and go with the figures.
 */
export function steadyColumns() {
  let last = { width: 0, columns: USAGE_COLUMNS };
  return (rows: Usage[], width: number) => {
    const before = last.width === width ? last.columns : USAGE_COLUMNS;
    last = { width, columns: fitting(rows, before, width) };
    return last.columns;
  };
}

/** Those of the columns whose table is no wider than that, in characters. */
function fitting(
  rows: Usage[],
  columns: Column<Usage>[],
  width: number,
): Column<Usage>[] {
  const widest = Math.max(0, ...table(rows, columns).map((row) => row.length));
  const least = LEAST.find((one) =>
    columns.some(({ header }) => header === one)
  );
  if (widest <= width || !least) return columns;
  const rest = columns.filter(({ header }) => header !== least);
  return fitting(rows, rest, width);
}
