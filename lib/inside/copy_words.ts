/** What the words of a copy mean: `VM:PATH`, or a path of this host. */

import { Failure } from "../command/failure.ts";
import { NAME } from "../names/names.ts";

/** One end of a copy. */
export interface End {
  /** Undefined for this host. */
  vm?: string;
  /** In a VM relative to the home of its user. */
  paths: string[];
  /** As it was said. */
  text: string;
}

export interface Copy {
  from: End;
  to: End;
}

/**
 * Sources, and the target at the end. A single word names what comes out of a
 * VM into the folder for that.
 *
 * @throws {Failure} `usage`.
 */
export function readCopy(words: readonly string[]): Copy {
  const ends = words.map(readEnd);
  const single = ends.length === 1;
  const to = single ? { paths: [], text: "the incoming folder" } : ends.pop()!;
  const [first] = ends;
  if (single && !first!.vm) throw wrong("it has no target");
  if (ends.some(({ vm }) => vm !== first!.vm)) {
    throw wrong("all sources must be in one place");
  }
  if (!first!.vm && !to.vm) throw wrong("neither end is a VM");
  if (ends.some(({ paths: [path] }) => path === "")) {
    throw wrong("a source needs a path");
  }
  const paths = ends.flatMap((end) => end.paths);
  if (paths.some((path) => /^\/+$/.test(path))) {
    throw wrong("all of / cannot be copied");
  }
  const text = ends.map((end) => end.text).join(" ");
  return { from: { vm: first!.vm, paths, text }, to };
}

/** A colon after what is a name; `./a:b` is a file. */
function readEnd(word: string): End {
  const cut = word.indexOf(":");
  const vm = word.slice(0, cut);
  if (cut > 0 && NAME.test(vm)) {
    return { vm, paths: [fromHome(word.slice(cut + 1))], text: word };
  }
  return { paths: [word], text: word };
}

/** A shell leaves the `~` behind a colon alone, and it means what it would. */
function fromHome(path: string): string {
  if (/^~\/*$/.test(path)) return ".";
  return path.replace(/^~\/+/, "");
}

function wrong(why: string): Failure {
  const hint = "vms-cp FILE VM:";
  return new Failure("usage", "cannot understand the copy", why, hint);
}
