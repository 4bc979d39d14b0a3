/**
 * Texts below /proc and /sys, of processes and of the kernel: proc(5). Deno
 * lets nothing look there that may not do everything.
 */

import type { Run } from "../process/run.ts";

/** Bytes, of x86-64: the one architecture of our VMs. */
export const PAGE = 4096;

/**
 * What is in the files of `paths`, by grep(1). One that is not there, is empty
 * or may not be read is left out.
 */
export async function kernelFiles(
  run: Run,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (paths.length === 0) return texts;
  // With -Z no line can pose as one of another file.
  const { stdout } = await run(["grep", "-HsZ", "", "--", ...paths], {
    changes: false,
    ok: [0, 1, 2],
  });
  for (const line of stdout.split("\n")) {
    const [path = "", text] = line.split("\0");
    if (text === undefined) continue;
    texts.set(path, `${texts.get(path) ?? ""}${text}\n`);
  }
  return texts;
}

/** The lines `KEY: NUMBER kB` of such a text, in bytes. */
export function kibibyteFields(text = ""): Map<string, number> {
  const lines = text.matchAll(/^(\w+):\s+(\d{1,12}) kB$/gm);
  return new Map(
    [...lines].map(([, key, count]) => [key!, Number(count) * 1024]),
  );
}
