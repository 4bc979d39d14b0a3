/** A folder of the host goes into a VM that runs, and out again. */

import { runInGuest } from "../agent/guest_agent.ts";
import { Failure } from "../command/failure.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { printable } from "../names/names.ts";
import {
  attachShare,
  detachShare,
  waitUntilDetached,
} from "../share/attachment.ts";
import { shareDaemon } from "../share/daemon.ts";
import { saysGone, type Share } from "../share/listing.ts";
import { type GuestProgram, mountShare, unmountShare } from "../share/mount.ts";
import { undoing } from "../undo/undo.ts";

/** What is given to whom, and how. */
export type Given = Pick<Share, "vm" | "path" | "folder" | "writable">;

/** Plug it in and mount it; where that fails, it is taken back. */
export async function give(virsh: Virsh, given: Given): Promise<void> {
  const daemon = await shareDaemon(given.writable);
  await using undo = undoing();
  undo.add(() => detachShare(virsh, given));
  await attachShare(virsh, { ...given, daemon });
  if (!virsh.dryRun) await mount(virsh, given);
  undo.keep();
}

/** Mount what is plugged in. */
export async function mount(
  virsh: Virsh,
  { vm, path, writable: rw }: Given,
): Promise<void> {
  await mountShare(programs(virsh, vm), { vm, path, rw });
}

/** @throws {Failure} `conflict`, where something in the VM uses it. */
export async function unmount(
  virsh: Virsh,
  { vm, path }: Given,
): Promise<void> {
  if (!virsh.dryRun) await unmountShare(programs(virsh, vm), { vm, path });
}

/** @throws {Failure} `timeout`, where the VM does not let it go. */
export async function unplug(
  virsh: Virsh,
  given: Given,
  patience?: number,
): Promise<void> {
  await detachShare(virsh, given);
  if (!virsh.dryRun) await waitUntilDetached(virsh, given, patience);
}

/** Runs programs in the guest, as root. */
export function programs(virsh: Virsh, vm: string): GuestProgram {
  return (argv, { seconds }) => runInGuest(virsh, vm, argv, seconds);
}

/**
 * Folders are those of this host, not of the one VMs run on.
 *
 * @param command what is to be run there.
 * @throws {Failure} `host`.
 */
export function refuseRemote(
  virsh: Virsh,
  what: string,
  command: string,
): void {
  if (virsh.local) return;
  const why = `${virsh.uri} is another host; run ${command} there`;
  throw new Failure("host", what, why);
}

/**
 * Whether the folder is still the one that was judged, and not a link that
 * came into its place; else it is left out, with a word.
 */
export async function isAsJudged(
  { path, folder }: Given,
  warn: (line: string) => void,
): Promise<boolean> {
  try {
    if (await isStill(folder)) return true;
    warn(`${path} is left out: ${printable(folder)} is gone`);
  } catch (error) {
    warn(`${path} is left out: ${(error as Error).message}`);
  }
  return false;
}

/**
 * Whether a path is a folder yet, and no link leads there.
 *
 * @throws {Failure} `conflict`, where that is not for this user to see.
 */
export async function isStill(folder: string): Promise<boolean> {
  try {
    const { isDirectory } = await Deno.stat(folder);
    return isDirectory && await Deno.realPath(folder) === folder;
  } catch (error) {
    if (saysGone(error)) return false;
    const why = error instanceof Deno.errors.PermissionDenied
      ? "you may not see it"
      : printable((error as Error).message);
    throw new Failure("conflict", `cannot judge ${printable(folder)}`, why);
  }
}
