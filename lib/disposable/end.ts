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
  type Listed,
  readDomain,
  undefine,
} from "../libvirt/domain.ts";
import { readCards } from "../libvirt/network_card.ts";
import { undefineFilter } from "../libvirt/nwfilter.ts";
import { type Call, change } from "../libvirt/virsh.ts";
import type { Pool, Volume } from "../libvirt/volume.ts";
import { tryLock } from "../lock/lock.ts";
import { printable } from "../names/names.ts";
import { release } from "../network/address.ts";

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

/**
 * End a disposable and delete its layer. Safe where it is gone already.
 *
 * @returns false where it is none any more: somebody wants it kept.
 */
export async function endDisposable(
  connection: Connection,
  name: string,
): Promise<boolean> {
  const { virsh, pool } = connection;
  // As it is kept: what runs may be labelled anew by who used it.
  const [before, kept] = await virsh.batch([dump(name), dump(name, true)]);
  if (kept!.ok && readDomain(kept!.stdout).metadata?.kind === "appvm") {
    return false;
  }
  await virsh.batch([destroy(name), undefine(name)]);
  await virsh.batch([
    ...dropVolumes(pool, name),
    undefineFilter(ownFilter(name)),
  ]);
  if (before!.ok) await release(connection, readCards(before!.stdout));
  return true;
}

/**
 * Remove what disposables left that ended without anybody looking: layers of
 * unnamed ones that no domain has, VMs for one command whose caller is gone, and
 * what named ones wrote that are off.
 *
 * @param look they are found, and nothing is removed.
 * @returns the names of those that were swept, sorted.
 */
export async function sweepDisposables(
  connection: Connection,
  { look = false } = {},
): Promise<string[]> {
  // Locks are those of this host.
  if (!connection.virsh.local) return [];
  const list = await listDomains(connection.virsh);
  const volumes = await connection.pool.volumes();
  const swept: string[] = [];
  for (const name of candidates(list, volumes)) {
    using held = await tryLock("vm", name);
    // One that is being made, kept or used is not touched.
    const sweep = held && await sweepOf(connection, name);
    if (!sweep) continue;
    if (!look) await sweep();
    swept.push(name);
  }
  return swept.sort();
}

function candidates(
  list: readonly Listed[],
  volumes: readonly Volume[],
): Set<string> {
  const spares = list.filter(({ kind }) => kind === "spare")
    .map(({ name }) => name);
  const unnamed = [
    ...volumes.map(({ name }) => ownerOf(name)),
    ...list.map(({ name }) => name),
  ].filter((name) => isUnnamed(name) && !spares.includes(name));
  const written = (name: string) =>
    volumes.some((volume) =>
      [volumeName(name, "root"), nvramName(name)].includes(volume.name)
    );
  const off = list.filter(isSkeleton).map(({ name }) => name).filter(written);
  return new Set([...unnamed, ...off]);
}

/** A named disposable that is off: its domain stays, its data must not. */
function isSkeleton({ kind, state }: Listed): boolean {
  return kind === "disposable" && !active(state);
}

/** How it is swept, under its lock; undefined for one that somebody wants. */
async function sweepOf(
  connection: Connection,
  name: string,
): Promise<(() => Promise<unknown>) | undefined> {
  const { virsh, pool } = connection;
  const list = await listDomains(virsh);
  const listed = list.find((one) => one.name === name);
  if (listed && isSkeleton(listed)) {
    const saved = change(["managedsave-remove", "--", name]);
    return () => virsh.batch([...dropVolumes(pool, name), saved]);
  }
  // Whoever made a VM of that name meanwhile has named it.
  if (!isUnnamed(name)) return;
  if (listed && !await isAbandoned(connection, name)) return;
  return () => endDisposable(connection, name);
}

async function isAbandoned(
  { virsh }: Connection,
  name: string,
): Promise<boolean> {
  const { metadata } = await getDomain(virsh, name);
  // One that was killed while it was forked is nobody's yet.
  if (metadata?.kind !== "build" && !metadata?.once) return false;
  using wanted = await tryLock("use", name);
  return wanted !== undefined;
}
