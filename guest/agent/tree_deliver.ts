/** What has come whole is moved to where it belongs. */

import { type Spot, TreeError, treeError } from "./tree.ts";
import type { Directory } from "./tree_check.ts";

/** Items that are complete, in a folder that nobody else knows of. */
export interface Complete {
  /** The folder they lie in. */
  from: string;
  /** Folders in them by their path: their modes and times. */
  directories: ReadonlyMap<string, Directory>;
  /** Replace files that are there, and add to folders. */
  force: boolean;
}

/** A folder that something is moved into, and what people call it. */
interface Into {
  spot: Spot;
  words: string;
}

/**
 * Refuse what `move` of the same item would, before anything has been moved.
 *
 * @throws {TreeError} `exists`.
 */
export function demandRoom(
  complete: Complete,
  path: string,
  into: Into,
  name: string,
): void {
  const info = Deno.lstatSync(`${complete.from}/${path}`);
  const old = lookAt(`${into.spot.path}/${name}`);
  if (!old) return;
  demandFit(complete, info, old, called(into, name));
  if (!info.isDirectory) return;
  using inner = enter(into, name);
  for (const entry of Deno.readDirSync(`${complete.from}/${path}`)) {
    demandRoom(complete, `${path}/${entry.name}`, inner, entry.name);
  }
}

/**
 * Move an item, or its parts into a folder that is there already.
 *
 * @throws {TreeError} where the system refuses late: a folder that may not be
 * written to, a disk without room for another name, somebody who was quicker.
 * What was moved before stays, each file and new folder of it whole.
 */
export function move(
  complete: Complete,
  path: string,
  into: Into,
  name: string,
): void {
  const from = `${complete.from}/${path}`;
  const to = `${into.spot.path}/${name}`;
  const info = Deno.lstatSync(from);
  const old = lookAt(to);
  if (old) demandFit(complete, info, old, called(into, name));
  try {
    if (!info.isDirectory) return moveFile(from, to, complete.force);
    if (!old) return moveDirectory(complete, path, info, into, name);
  } catch (error) {
    throw treeError(error, called(into, name));
  }
  using inner = enter(into, name);
  for (const entry of Deno.readDirSync(from)) {
    move(complete, `${path}/${entry.name}`, inner, entry.name);
  }
}

function moveFile(from: string, to: string, force: boolean) {
  if (force) return Deno.renameSync(from, to);
  // Unlike rename(2) this fails where somebody was quicker.
  Deno.linkSync(from, to);
  Deno.removeSync(from);
}

/**
 * Only who may write to a folder can move it, so it gets its own mode
 * afterwards; those in it are not moved, and have theirs before.
 */
function moveDirectory(
  complete: Complete,
  path: string,
  info: Deno.FileInfo,
  into: Into,
  name: string,
) {
  settleInner(complete, path);
  Deno.renameSync(`${complete.from}/${path}`, `${into.spot.path}/${name}`);
  using moved = into.spot.inner(name);
  const now = Deno.statSync(moved.path);
  if (now.dev !== info.dev || now.ino !== info.ino) {
    throw new TreeError("failed", `${called(into, name)} was changed`);
  }
  settle(moved.path, complete.directories.get(path)!);
}

function settleInner(complete: Complete, path: string) {
  const { from, directories } = complete;
  for (const { name, isDirectory } of Deno.readDirSync(`${from}/${path}`)) {
    if (!isDirectory) continue;
    const inner = `${path}/${name}`;
    settleInner(complete, inner);
    settle(`${from}/${inner}`, directories.get(inner)!);
  }
}

function settle(place: string, { mode, mtime }: Directory) {
  Deno.chmodSync(place, mode);
  Deno.utimeSync(place, new Date(mtime), new Date(mtime));
}

function demandFit(
  { force }: Complete,
  info: Deno.FileInfo,
  old: Deno.FileInfo,
  words: string,
) {
  if (!force) throw new TreeError("exists", `${words} is there already`);
  if (info.isDirectory === old.isDirectory) return;
  const is = old.isDirectory ? "a folder" : "no folder";
  throw new TreeError("exists", `${words} is ${is}`);
}

function enter(into: Into, name: string): Into & Disposable {
  const words = called(into, name);
  try {
    const spot = into.spot.inner(name);
    return { spot, words, [Symbol.dispose]: () => spot[Symbol.dispose]() };
  } catch (error) {
    throw treeError(error, words);
  }
}

function called({ words }: Into, name: string): string {
  return `${words === "/" ? "" : words}/${name}`;
}

/** What is there, if anything is. */
export function lookAt(
  path: string,
): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    // Nothing, or nothing that may be seen.
  }
}
