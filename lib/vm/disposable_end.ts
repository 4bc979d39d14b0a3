/** The end of disposables: what they wrote is deleted, whoever notices. */

import { ownFilter } from "../firewall/filter_name.ts";
import { nvramName, ownerOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  destroy,
  dump,
  getDomain,
  listDomains,
  undefine,
} from "../libvirt/domain.ts";
import { readCards } from "../libvirt/network_card.ts";
import { undefineFilter } from "../libvirt/nwfilter.ts";
import type { Call } from "../libvirt/virsh.ts";
import type { Pool } from "../libvirt/volume.ts";
import { tryLock } from "../lock/lock.ts";
import { printable } from "../names/names.ts";
import { release } from "./address.ts";

/** `disp-4821`: what an unnamed disposable is called. */
const UNNAMED = /^disp-[0-9]{4,6}$/;

export function isUnnamed(name: string): boolean {
  return UNNAMED.test(name);
}

/** Check the name of an unnamed disposable. */
export function unnamed(word: string): string {
  if (isUnnamed(word)) return word;
  throw new Error(
    `${printable(word)} is not the name of an unnamed disposable`,
  );
}

/** The calls that delete what a disposable has written. */
export function dropVolumes(pool: Pool, name: string): Call[] {
  return [
    // QEMU made the NVRAM: libvirt does not know it yet.
    pool.refresh(),
    pool.delete(volumeName(name, "root")),
    pool.delete(nvramName(name)),
  ];
}

/** End a disposable and delete its layer. Safe where it is gone already. */
export async function endDisposable(
  connection: Connection,
  name: string,
): Promise<void> {
  const { virsh, pool } = connection;
  const before = await virsh.try(dump(name));
  await virsh.batch([destroy(name), undefine(name)]);
  await virsh.batch([
    ...dropVolumes(pool, name),
    undefineFilter(ownFilter(name)),
  ]);
  if (before.ok) await release(connection, readCards(before.stdout));
}

/**
 * Remove what disposables left that ended without anybody looking: layers of
 * unnamed ones that no domain has, and VMs for one command whose caller is gone.
 *
 * @param end does nothing where they are only looked for.
 * @returns the names of those that were swept, sorted.
 */
export async function sweepDisposables(
  connection: Connection,
  end: typeof endDisposable = endDisposable,
): Promise<string[]> {
  // Locks are those of this host.
  if (!connection.virsh.local) return [];
  const list = await listDomains(connection.virsh);
  const volumes = await connection.pool.volumes();
  const spares = list.filter(({ kind }) => kind === "spare")
    .map(({ name }) => name);
  const candidates = new Set([
    ...volumes.map(({ name }) => ownerOf(name)),
    ...list.map(({ name }) => name),
  ].filter((name) => isUnnamed(name) && !spares.includes(name)));
  const swept: string[] = [];
  for (const name of candidates) {
    if (await sweepOne(connection, name, end)) swept.push(name);
  }
  return swept.sort();
}

/** One that is being made, kept or used is not touched. */
async function sweepOne(
  connection: Connection,
  name: string,
  end: typeof endDisposable,
): Promise<boolean> {
  using held = await tryLock("vm", name);
  if (!held) return false;
  const list = await listDomains(connection.virsh);
  if (list.some((one) => one.name === name)) {
    const { metadata } = await getDomain(connection.virsh, name);
    // One that was killed while it was forked is nobody's yet.
    const half = metadata?.kind === "build";
    if (!half && !metadata?.once) return false;
    using wanted = await tryLock("use", name);
    if (!wanted) return false;
  }
  await end(connection, name);
  return true;
}

/** True while the VM runs, is paused or shuts down. */
export async function isActive(
  { virsh }: Connection,
  name: string,
): Promise<boolean> {
  const list = await listDomains(virsh);
  return list.some((one) => one.name === name && active(one.state));
}
