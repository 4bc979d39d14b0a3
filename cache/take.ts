/** Taking files out of a directory that a guest writes to. */

import type { Run } from "../lib/process/run.ts";

/** A package is never larger; what pretends to be is not read. */
export const LARGEST_PACKAGE = 8 * 2 ** 30;

/** A signature has some hundred bytes. */
export const LARGEST_SIGNATURE = 64 * 2 ** 10;

/**
 * Copy `from`, which a guest may change at any moment, to the new file `to`.
 *
 * dd(1) opens it so that no link is followed and no FIFO waited for, and reads
 * no more than it had when it was looked at.
 *
 * @returns why it could not be taken; undefined where it was.
 */
export async function take(
  run: Run,
  from: string,
  to: string,
  largest: number,
): Promise<string | undefined> {
  const info = await Deno.lstat(from).catch(() => undefined);
  if (!info) return "it is gone";
  if (!info.isFile) return "it is not a file";
  if (info.size > largest) return "it is too large";
  const { code, stderr } = await run([
    "dd",
    `if=${from}`,
    `of=${to}`,
    "bs=1M",
    `count=${info.size}`,
    "iflag=nofollow,nonblock,fullblock,count_bytes",
    "conv=excl,fsync",
    "status=none",
  ], { ok: [0, 1] });
  if (code === 0) return;
  const reason = stderr.trim().split("\n").at(-1)?.split(": ").at(-1);
  return `it cannot be copied: ${reason ?? "dd gives no reason"}`;
}
