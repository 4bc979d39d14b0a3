/** What an ISO says of how it is booted, read out of the ISO by bsdtar(1). */

import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import type { Run } from "../lib/process/run.ts";
import { checkVolume } from "./volume.ts";

/** The entry of systemd-boot that archiso's profile "releng" makes. */
const ENTRY = "loader/entries/01-archiso-linux.conf";

export interface Boot {
  /** Parameters of the kernel, such as `archisobasedir=arch`. */
  options: string[];
  /** Paths in the ISO, such as `/arch/boot/x86_64/vmlinuz-linux`. */
  kernel: string;
  initrd: string;
}

/**
 * Kernel, initrd and parameters that the ISO itself names.
 *
 * @throws {Failure} `failed` where it is no ISO, is truncated, or is not one
 * of Arch Linux.
 */
export async function readBoot(run: Run, iso: string): Promise<Boot> {
  await checkVolume(iso);
  const argv = ["bsdtar", "-xOf", iso, ENTRY];
  const { code, stdout } = await run(argv, { changes: false, ok: [0, 1] });
  if (code !== 0) {
    const why = `it is not an ISO of Arch Linux: it has no /${ENTRY}`;
    throw new Failure("failed", `cannot boot ${iso}`, why);
  }
  return readEntry(iso, stdout);
}

/**
 * Boot Loader Specification, type 1. Of several initrds the last one is taken:
 * microcode stood before it on ISOs of old.
 */
export function readEntry(iso: string, text: string): Boot {
  const lines = text.split("\n").map((line) =>
    /^\s*(\w[\w-]*)\s+(\S.*?)\s*$/.exec(line)?.slice(1)
  );
  const values = (key: string) =>
    lines.filter((line) => line?.[0] === key).map((line) => line![1]!);
  const path = (key: string) => pathIn(iso, key, values(key).at(-1));
  const options = values("options").flatMap((value) => value.split(/\s+/));
  return { options, kernel: path("linux"), initrd: path("initrd") };
}

/** A path that bsdtar takes for no pattern and that stays in the ISO. */
function pathIn(iso: string, key: string, path: string | undefined): string {
  const safe = path !== undefined && /^(\/[\w+][\w.+-]*)+$/.test(path);
  if (safe) return path;
  const why = path === undefined
    ? `/${ENTRY} has no "${key}"`
    : `/${ENTRY} has a "${key}" that is not a path`;
  throw new Failure("failed", `cannot boot ${iso}`, why);
}

/**
 * Put a file of the ISO into the directory `to`, under its own name.
 *
 * @returns its path there.
 * @throws {Failure} `failed`; then nothing is left there.
 */
export async function extract(
  run: Run,
  iso: string,
  path: string,
  to: string,
): Promise<string> {
  const inside = path.replace(/^\/+/, "");
  const depth = inside.split("/").length - 1;
  const target = join(to, inside.slice(inside.lastIndexOf("/") + 1));
  const strip = ["--strip-components", `${depth}`];
  const { code, stderr } = await run(
    ["bsdtar", "-xof", iso, "-C", to, ...strip, inside],
    { ok: [0, 1] },
  );
  if (code === 0) return target;
  await Deno.remove(target).catch(() => {});
  const why = stderr.trim().split("\n")[0] || "bsdtar says no reason";
  throw new Failure("failed", `cannot take ${path} out of ${iso}`, why);
}
