/** A folder of the host goes into a VM that runs, and out again. */

import { runInGuest } from "../agent/guest_agent.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { printable } from "../names/names.ts";
import {
  attachShare,
  detachShare,
  waitUntilDetached,
} from "../share/attachment.ts";
import { shareDaemon } from "../share/daemon.ts";
import type { Share } from "../share/listing.ts";
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
export async function unplug(virsh: Virsh, given: Given): Promise<void> {
  await detachShare(virsh, given);
  if (!virsh.dryRun) await waitUntilDetached(virsh, given);
}

/** Runs programs in the guest, as root. */
export function programs(virsh: Virsh, vm: string): GuestProgram {
  return (argv, { seconds }) => runInGuest(virsh, vm, argv, seconds);
}

/**
 * Whether the folder is still the one that was judged, and not a link that
 * came into its place; else it is left out, with a word.
 */
export async function isAsJudged(
  { path, folder }: Given,
  warn: (line: string) => void,
): Promise<boolean> {
  const there = await Deno.stat(folder).catch(() => undefined);
  const real = await Deno.realPath(folder).catch(() => undefined);
  if (there?.isDirectory && real === folder) return true;
  warn(`${path} is left out: ${printable(folder)} is gone`);
  return false;
}
