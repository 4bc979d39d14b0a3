/** Disks of installations of VMs that are over, and did not end. */

import { getDomains, type Listed } from "../libvirt/domain.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import {
  installedIn,
  isUnkept,
  leftOver,
  namesOf,
  removeNote,
} from "../install/left_over.ts";
import type { Exam } from "./exam.ts";

/** VMs whose disks have layers as only installations make them. */
export function installing(volumes: readonly Volume[]): string[] {
  return volumes.flatMap(({ name }) => installedIn(name) ?? []);
}

/**
 * Volumes of an installation of `vm` that was killed and would have deleted
 * them, or that is named: what rests on others first. What --keep has kept, or
 * may be a lost VM's, is told of as a disk without a VM. The caller holds its
 * lock.
 */
export async function unfinished(
  { virsh, names }: Exam,
  list: readonly Listed[],
  volumes: readonly Volume[],
  vm: string,
): Promise<string[]> {
  const found = leftOver(volumes, vm);
  const { base, layers } = found;
  // A base alone looks like any VM's disk, and is told of as one.
  if (!base || base.backing !== undefined || layers.length === 0) return [];
  if (!names.includes(vm) && !await isUnkept(vm)) return [];
  const all = namesOf(found);
  return await isUsed(virsh, list, vm, all) ? [] : all;
}

/** Whether a domain has that name, or one of those disks: but for the one that installed it. */
async function isUsed(
  virsh: Virsh,
  list: readonly Listed[],
  vm: string,
  volumes: readonly string[],
): Promise<boolean> {
  const names = list.map(({ name }) => name)
    .filter((name) => name !== `${vm}@build`);
  if (names.includes(vm)) return true;
  const domains = await getDomains(virsh, names);
  return domains.some(({ disks }) =>
    disks.some(({ path }) => volumes.includes(path.split("/").at(-1)!))
  );
}

/** Delete them. */
export async function deleteUnfinished(
  { virsh, pool }: Exam,
  vm: string,
  volumes: readonly string[],
): Promise<void> {
  if (volumes.length === 0) return;
  // The layers rest on each other, and the last goes first.
  await virsh.batch(volumes.map((name) => pool.delete(name)));
  if (!virsh.dryRun) await removeNote(vm);
}
