/** Standard output: names, tables, JSON. The only place that writes to it. */

import { escapeHidden } from "../names/plain_text.ts";
import { Failure } from "./failure.ts";

export interface Column<Row> {
  header: string;
  /** What a table shows in this column. */
  text: (row: Row) => string;
}

export interface Output {
  /** True where `--json` was given. */
  json: boolean;
  /** True where a person is watching. */
  terminal: boolean;
  /** One name, on a line of its own. */
  name(name: string): void;
  /** A text as it is, without JSON. */
  text(text: string): void;
  /** Bytes as they are. */
  bytes(bytes: Uint8Array): Promise<void>;
  /**
   * A list: NDJSON with `--json`, a table with header on a terminal, and else
   * the first column alone, one name per line.
   */
  list<Row extends object>(rows: Row[], columns: Column<Row>[]): void;
  /** The same, but a table also where nobody watches: figures, not names. */
  table<Row extends object>(rows: Row[], columns: Column<Row>[]): void;
  /** One thing: its JSON with `--json`, else the lines of `text`. */
  object(value: object, text: () => string[]): void;
}

export interface OutputOptions {
  json: boolean;
  terminal: boolean;
}

/** Write for real. */
export function output({ json, terminal }: OutputOptions): Output {
  const print = (line: string) => writeAll(`${line}\n`);
  return {
    json,
    terminal,
    name: (name) => print(json ? jsonLine({ name }) : name),
    text: print,
    async bytes(bytes) {
      for (let at = 0; at < bytes.length;) {
        at += await Deno.stdout.write(bytes.subarray(at));
      }
    },
    table(rows, columns) {
      if (json) rows.forEach((row) => print(jsonLine(row)));
      else table(rows, columns).forEach(print);
    },
    list(rows, columns) {
      if (json) rows.forEach((row) => print(jsonLine(row)));
      else if (terminal) table(rows, columns).forEach(print);
      else rows.forEach((row) => print(columns[0]!.text(row)));
    },
    object(value, text) {
      if (json) print(jsonLine(value));
      else text().forEach(print);
    },
  };
}

/**
 * One line of JSON that can be shown: what has no shape of its own, or turns
 * the direction of writing, is escaped.
 *
 * @throws {Failure} where a value of somebody else is nested too deep.
 */
export function jsonLine(value: unknown): string {
  return escapeHidden(jsonOf(value));
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const why = "it is nested too deep";
    throw new Failure("failed", "cannot print it as JSON", why);
  }
}

function writeAll(text: string) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

/** Rows under headers, aligned. No rows, no table. */
export function table<Row>(rows: Row[], columns: Column<Row>[]): string[] {
  if (rows.length === 0) return [];
  const cells = [
    columns.map((column) => column.header),
    ...rows.map((row) => columns.map((column) => column.text(row))),
  ];
  const widths = columns.map((_, i) =>
    Math.max(...cells.map((line) => line[i]!.length))
  );
  return cells.map((line) =>
    line.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()
  );
}
