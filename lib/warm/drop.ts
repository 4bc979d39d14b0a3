/** Deleting warm images that are not wanted any more. */

import { layersOn } from "../image/chain.ts";
import { nvramName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { destroy, getDomains, listDomains } from "../libvirt/domain.ts";
import { editMetadata } from "../libvirt/edit_metadata.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { lock, tryLock } from "../lock/lock.ts";
import { isWarmName, readWarmVolume, warmName } from "./image.ts";

/** Let a version have none; VMs that were forked from it are left alone. */
export async function dropWarm(
  connection: Connection,
  version: string,
): Promise<void> {
  const what = `cannot drop the warm image of ${version}`;
  const without = (all: Metadata) => ({
    ...all,
    warm: undefined,
    warmFailure: undefined,
  });
  await editMetadata(connection.virsh, version, what, without);
  await sweepWarm(connection, { held: version });
}

export interface SweepOptions {
  /**
   * The version whose lock the caller holds; one that another command works on
   * is left alone.
   */
  held?: string;
  /** Delete nothing. */
  look?: boolean;
}

/**
 * Delete what belongs to no version's warm image. The disk of one that VMs rest
 * on stays until they are gone.
 *
 * @returns the names of domains and volumes.
 */
export async function sweepWarm(
  connection: Connection,
  { held, look = false }: SweepOptions = {},
): Promise<string[]> {
  const { virsh, pool } = connection;
  // Locks are those of this host.
  if (!virsh.local) return [];
  await virsh.try(pool.refresh());
  const found = (await pool.volumes()).map(({ name }) => name);
  const domains = (await listDomains(virsh)).map(({ name }) => name);
  const named = [...domains, ...found].filter(isWarmName)
    .map((name) => name.replace(/\.warm.*$/, ""));
  const versions = new Set([
    ...found.flatMap((name) => readWarmVolume(name)?.version ?? []),
    ...named,
  ]);
  const swept: string[] = [];
  for (const version of versions) {
    using lock = version === held ? undefined : await tryLock("warm", version);
    if (!lock && version !== held) continue;
    swept.push(...await sweepOne(connection, version, look));
  }
  return swept;
}

async function sweepOne(
  { virsh, pool }: Connection,
  version: string,
  look: boolean,
): Promise<string[]> {
  // Forks are given their layers under this lock.
  using _layers = await lock("layer", version, { wait: true });
  // A bake that was killed: the caller has its lock.
  const bake = warmName(version);
  const list = await listDomains(virsh);
  const domains = list.map(({ name }) => name).filter((name) => name === bake);
  const [domain] = await getDomains(virsh, [version]);
  const current = domain?.metadata?.warm?.id;
  const all = await pool.volumes();
  const old = all.filter(({ name, path }) => {
    const own = readWarmVolume(name);
    const unused = own?.version === version && own.id !== current &&
      layersOn(all, path).length === 0;
    return unused || name === nvramName(bake);
  }).map(({ name }) => name);
  if (!look) {
    await virsh.batch(domains.map(destroy));
    await virsh.batch(old.map((name) => pool.delete(name)));
  }
  return [...domains, ...old];
}
