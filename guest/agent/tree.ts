/**
 * Files and folders on their way between a host and a VM, or two VMs: a stream
 * of frames. Whoever receives believes nothing of it.
 *
 * `begin`, then for each entry `directory`, `link`, or `file` with its `data`
 * and `checksum`, and `end`.
 */

import { encode, LONGEST_PAYLOAD, memoryFor } from "./frame.ts";

/** What is announced before anything comes. */
export interface Begin {
  type: "begin";
  /** What will lie in the target: names, without folders above them. */
  items: string[];
  /** Of all files together. */
  bytes: number;
  entries: number;
}

export type Entry =
  | { type: "directory"; path: string; mode: number; mtime: number }
  | { type: "file"; path: string; mode: number; mtime: number; size: number }
  | { type: "link"; path: string; target: string };

export type Message =
  | Begin
  | Entry
  | { type: "data"; bytes: number }
  | { type: "checksum"; crc32: string }
  | { type: "end" };

/**
 * The name a path gives to what is copied: its last part, also of a link. Of
 * `.`, `x/..` and `/` only the end that has them knows it: "" then, which names
 * nothing.
 */
export function nameOf(path: string): string {
  const last = path.replace(/\/+$/, "").split("/").at(-1)!;
  return last === "." || last === ".." ? "" : last;
}

/** Permission bits; what lends somebody else's rights does not travel. */
export const MODE = 0o777;

/** How many raw bytes follow a message. */
export function dataOf(message: unknown): number {
  const { type, bytes } = (message ?? {}) as Record<string, unknown>;
  return type === "data" && Number.isInteger(bytes) ? bytes as number : 0;
}

/** A message as it is sent. */
export function message(
  of: Message,
  payload?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return encode(of, payload, memoryFor);
}

/** Longest piece of a file, in bytes: with its message it fits one payload. */
export const PIECE = LONGEST_PAYLOAD - 4096;

/** Of bytes that follow others, of which it is `sum`. */
export type Crc32 = (bytes: Uint8Array<ArrayBuffer>, sum: number) => number;

/** Node's, which is loaded when it is called first: that takes a while. */
export const crc32: Crc32 = (bytes, sum) =>
  // deno-lint-ignore no-process-global
  process.getBuiltinModule("node:zlib").crc32(bytes, sum);

export interface Checksum {
  update(bytes: Uint8Array<ArrayBuffer>): void;
  hex(): string;
}

/**
 * crc32 of a file that passes by in pieces. Whoever could change a file on its
 * way says its checksum, too: it is for what goes wrong, and costs nothing
 * where a hash takes longer than all the rest.
 */
export function checksum(crc32: Crc32): Checksum {
  let sum = 0;
  return {
    update: (bytes) => void (sum = crc32(bytes, sum)),
    hex: () => sum.toString(16).padStart(8, "0"),
  };
}

/**
 * A place in a file system, while something is done there. What was judged must
 * be what is worked on, so a guest's end holds it open: guest/agent/hold.ts.
 */
export interface Spot extends Disposable {
  /** Means this very file or folder, whatever happens to its name. */
  path: string;
  /** What lies in it under that name, where it is no link. */
  inner(name: string): Spot;
}

/** From an absolute path without links to what is there. */
export type Hold = (path: string) => Spot;

/** A path as it is: for an end where nobody else moves what is copied. */
export const asItIs: Hold = (path) => ({
  path,
  inner: (name) => asItIs(`${path}/${name}`),
  [Symbol.dispose]() {},
});

/**
 * Why a copy cannot be made: `lie`, what is sent is not what was asked for;
 * `unnamed`, nobody but its sender knows the name it would get.
 */
export type TreeErrorKind = "missing" | "exists" | "failed" | "lie" | "unnamed";

/** Why a copy cannot be made, for the person who asked for it. */
export class TreeError extends Error {
  constructor(
    readonly kind: TreeErrorKind,
    message: string,
  ) {
    super(message);
  }
}

/** Errors of the system in the words of this module. */
export function treeError(error: unknown, path: string): TreeError {
  if (error instanceof TreeError) return error;
  if (error instanceof Deno.errors.NotFound) {
    return new TreeError("missing", `${path} is not there`);
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return new TreeError("exists", `${path} is there already`);
  }
  if (error instanceof Deno.errors.FilesystemLoop) {
    return new TreeError("failed", `${path} has become a link`);
  }
  const why = error instanceof Error ? error.message : `${error}`;
  // "No such file or directory (os error 2)": the number says no more.
  return new TreeError("failed", `${path}: ${why.replace(/ \(os .*/, "")}`);
}
