/** An ISO from which QEMU can boot: its kernel and initrd lie beside it. */

import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import type { BootableIso } from "../lib/install/installation.ts";
import type { Run } from "../lib/process/run.ts";
import { extract, readBoot } from "./boot.ts";

/**
 * Read out of the ISO how it is booted, and take its kernel out of it.
 *
 * The files go beside the ISO, where QEMU may read them; they are taken anew
 * each time, because what lies there could be of another ISO.
 *
 * @throws {Failure} `missing`, or what is wrong with it.
 */
export async function bootable(run: Run, path: string): Promise<BootableIso> {
  const there = await Deno.stat(path).catch(() => undefined);
  if (!there?.isFile) {
    const what = `cannot boot ${path}`;
    throw new Failure(
      "missing",
      what,
      "there is no such file",
      "vms-iso fetch",
    );
  }
  const iso = await Deno.realPath(path);
  const boot = await readBoot(run, iso);
  const directory = `${iso}.boot`;
  await Deno.mkdir(directory, { recursive: true, mode: 0o2775 });
  // Another member of the group installs from the same ISO. Not the owner's
  // to do where somebody else made it.
  await Deno.chmod(directory, 0o2775).catch(() => {});
  const take = async (file: string) => {
    const made = await Deno.makeTempDir({ dir: directory });
    const target = join(directory, file.slice(file.lastIndexOf("/") + 1));
    try {
      await Deno.rename(await extract(run, iso, file, made), target);
    } finally {
      await Deno.remove(made, { recursive: true });
    }
    return target;
  };
  return {
    path: iso,
    options: boot.options,
    kernel: await take(boot.kernel),
    initrd: await take(boot.initrd),
  };
}
