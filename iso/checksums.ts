/** Checksums, made by the programs of GNU coreutils: they stream. */

import type { Run } from "../lib/process/run.ts";

/** Hexadecimal, lower case; what is undefined is not known. */
export interface Checksums {
  sha256?: string;
  /** BLAKE2b of 512 bits. */
  b2?: string;
}

const PROGRAMS = { sha256: "sha256sum", b2: "b2sum" } as const;

/** The file that a mirror keeps them in. */
export const SUMS_FILES = {
  sha256: "sha256sums.txt",
  b2: "b2sums.txt",
} as const;

const KINDS = ["sha256", "b2"] as const;

/** The checksum of `name` in a file such as sha256sums.txt. */
export function readSum(text: string, name: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, sum, file] = /^([0-9a-fA-F]{64,128}) [ *](.+)$/.exec(line) ?? [];
    if (file === name) return sum!.toLowerCase();
  }
}

/** Both checksums of a file. */
export async function checksums(
  run: Run,
  path: string,
): Promise<Required<Checksums>> {
  const [sha256, b2] = await Promise.all(
    KINDS.map((kind) => checksum(run, PROGRAMS[kind], path)),
  );
  return { sha256: sha256!, b2: b2! };
}

async function checksum(run: Run, program: string, path: string) {
  const argv = [program, "--zero", "--", path];
  const { stdout } = await run(argv, { changes: false });
  return stdout.split(" ", 1)[0]!;
}

/** What is wrong with the file; undefined where all that is known fits. */
export function difference(
  expected: Checksums,
  found: Required<Checksums>,
): string | undefined {
  for (const kind of KINDS) {
    const wanted = expected[kind];
    if (wanted !== undefined && wanted !== found[kind]) {
      return `its ${kind} is ${short(found[kind])}, not ${short(wanted)}`;
    }
  }
}

function short(sum: string): string {
  return `${sum.slice(0, 12)}...`;
}
