/** Packages of which newer versions are there. */

import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import type { Run } from "../lib/process/run.ts";
import { type PackageName, readPackageName } from "./package_name.ts";

/** Negative where the version `a` is older than `b`. */
type Compare = (a: Versioned, b: Versioned) => Promise<number>;

interface Versioned extends PackageName {
  file: string;
}

/**
 * Files of all packages in `directory` but the newest `keep` of each name.
 *
 * pacman's own vercmp(8) tells which version is newer. `say` is told where it
 * is missing, and the file that came later counts as newer.
 */
export async function oldVersions(
  run: Run,
  directory: string,
  files: string[],
  keep: number,
  say: (line: string) => void,
): Promise<string[]> {
  const byName = new Map<string, Versioned[]>();
  for (const file of files) {
    const name = readPackageName(file);
    if (!name) continue;
    const same = byName.get(name.name) ?? [];
    byName.set(name.name, [...same, { ...name, file }]);
  }
  const many = [...byName.values()].filter(({ length }) => length > keep);
  if (many.length === 0) return [];
  const compare = await comparison(run, directory, say);
  const old: string[] = [];
  for (const same of many) {
    const sorted = await newestFirst(same, compare);
    old.push(...sorted.slice(keep).map(({ file }) => file));
  }
  return old;
}

async function comparison(
  run: Run,
  directory: string,
  say: (line: string) => void,
): Promise<Compare> {
  const vercmp = async (a: string, b: string) =>
    Number((await run(["vercmp", a, b], { changes: false })).stdout);
  try {
    await vercmp("1", "1");
    return (a, b) => vercmp(a.version, b.version);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  say("warning: vercmp of pacman is missing: the later file counts as newer");
  const came = async ({ file }: Versioned) =>
    (await Deno.lstat(join(directory, file))).mtime?.getTime() ?? 0;
  return async (a, b) => await came(a) - await came(b);
}

/** By insertion: comparing is asynchronous, and the lists are short. */
async function newestFirst(
  packages: Versioned[],
  compare: Compare,
): Promise<Versioned[]> {
  const sorted: Versioned[] = [];
  for (const one of packages) {
    let at = 0;
    while (at < sorted.length && await compare(sorted[at]!, one) >= 0) at++;
    sorted.splice(at, 0, one);
  }
  return sorted;
}
