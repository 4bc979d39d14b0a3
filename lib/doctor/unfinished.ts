/** Disks of installations of VMs that are over, and did not end. */

import type { Listed } from "../libvirt/domain.ts";
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
 * Volumes of an installation of `vm` in which there is certainly nobody's data,
 * or the VM is named, what rests on others first. The caller holds its lock.
 */
export async function unfinished(
  { virsh, names }: Exam,
  list: readonly Listed[],
  volumes: readonly Volume[],
  vm: string,
): Promise<string[]> {
  if (list.some(({ name }) => name === vm)) return [];
  const found = leftOver(volumes, vm);
  const { layers, base } = found;
  if (base && base.backing === undefined && await isUnkept(vm)) {
    return namesOf(found);
  }
  if (layers.length === 0) return [];
  const certain = names.includes(vm) || virsh.local &&
      (!base || await isOlder(base, layers));
  return certain ? namesOf(found) : [];
}

/**
 * Where a step writes, what it rests on is written to no more. A VM that was
 * installed, and then lost, has written to its disk after all of them.
 */
async function isOlder(base: Volume, layers: Volume[]): Promise<boolean> {
  const [own, ...others] = await Promise.all(
    [base, ...layers].map(({ path }) => changed(path)),
  );
  return own !== undefined &&
    others.some((other) => other !== undefined && other >= own);
}

/** Milliseconds since 1970; undefined where that is not known. */
async function changed(path: string): Promise<number | undefined> {
  const info = await Deno.stat(path).catch(() => undefined);
  return info?.mtime?.getTime();
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
