/** What a stream says of files and folders, before any of it is believed. */

import { type Begin, type Entry, MODE, TreeError } from "./tree.ts";

export type Directory = Extract<Entry, { type: "directory" }>;
export type FileEntry = Extract<Entry, { type: "file" }>;

/** Whoever receives keeps something of each in memory. */
const MOST_ENTRIES = 1_000_000;

/** A stream that no honest end would send. */
export function unreadable(why: string): TreeError {
  return new TreeError("failed", `what is sent cannot be read: ${why}`);
}

/**
 * The beginning, where it is one, and of nothing but what was asked for.
 *
 * @param asked names; with "" among them any, for a target that renames it.
 * @throws {TreeError}
 */
export function checkedBegin(
  given: Record<string, unknown>,
  asked: readonly string[],
): Begin {
  const { items, bytes, entries } = given;
  const fits = Array.isArray(items) && items.length > 0 &&
    new Set(items).size === items.length && isCount(bytes) &&
    isCount(entries);
  if (!fits) throw unreadable("its beginning is wrong");
  if (entries > MOST_ENTRIES) {
    const most = `more than the ${MOST_ENTRIES} that one copy may have`;
    const why = `these are ${entries} files and folders, ${most}: make an` +
      " archive of them first";
    throw new TreeError("failed", why);
  }
  items.forEach((item) => demandName(item, [item]));
  const strange = items.find((item) => !asked.includes(item));
  if (strange !== undefined && !asked.includes("")) {
    const name = JSON.stringify(strange.slice(0, 255));
    throw new TreeError("lie", `${name} is sent, which was not asked for`);
  }
  return { type: "begin", items, bytes, entries };
}

/** The entry, where it is one of those announced. @throws {TreeError} */
export function checkedEntry(
  given: Record<string, unknown>,
  items: readonly string[],
): Entry {
  const { type, path, mode, mtime, size, target } = given;
  demandName(path, items);
  if (type === "link" && typeof target === "string" && !target.includes("\0")) {
    return { type, path, target };
  }
  const times = isCount(mode) && typeof mtime === "number" &&
    Number.isFinite(mtime) && Math.abs(mtime) < 1e14;
  if (!times) throw unreadable("an entry is wrong");
  const common = { path, mode: mode & MODE, mtime };
  if (type === "directory") return { type, ...common };
  if (type === "file" && isCount(size)) return { type, ...common, size };
  throw unreadable("an entry is wrong");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/**
 * Below one of the items, without a way out and without control characters.
 *
 * @throws {TreeError}
 */
export function demandName(
  path: unknown,
  items: readonly string[],
): asserts path is string {
  const parts = typeof path === "string" ? path.split("/") : [];
  const fits = parts.length > 0 && parts.length < 200 &&
    items.includes(parts[0]!) &&
    // deno-lint-ignore no-control-regex
    !/[\x00-\x1f\x7f-\x9f]/.test(path as string) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!fits) throw unreadable(`the name ${JSON.stringify(path)}`);
}

/** True where a link leads to nothing outside of the item it lies in. */
export function staysInside(path: string, target: string): boolean {
  if (target.startsWith("/") || target === "") return false;
  let depth = path.split("/").length - 2;
  for (const part of target.split("/")) {
    if (part === "..") depth--;
    else if (part !== "." && part !== "") depth++;
    if (depth < 0) return false;
  }
  return true;
}
