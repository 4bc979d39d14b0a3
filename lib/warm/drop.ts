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
  const without = (all: Metadata) => ({ ...all, warm: undefined });
  await editMetadata(connection.virsh, version, what, without);
  await sweepWarm(connection, version);
}

/**
 * Delete what belongs to no version's warm image. The disk of one that VMs rest
 * on stays until they are gone.
 *
 * @param held the version whose lock the caller holds; one that another command
 * works on is left alone.
 */
export async function sweepWarm(
  connection: Connection,
  held?: string,
): Promise<void> {
  const { virsh, pool } = connection;
  // Locks are those of this host.
  if (!virsh.local) return;
  await virsh.try(pool.refresh());
  const found = (await pool.volumes()).map(({ name }) => readWarmVolume(name));
  const baking = (await listDomains(virsh)).map(({ name }) => name)
    .filter(isWarmName).map((name) => name.replace(/\.warm$/, ""));
  const names = new Set([
    ...found.flatMap((own) => own ? [own.version] : []),
    ...baking,
  ]);
  for (const version of names) {
    using lock = version === held ? undefined : await tryLock("warm", version);
    if (lock || version === held) await sweepOne(connection, version);
  }
}

async function sweepOne({ virsh, pool }: Connection, version: string) {
  // Forks are given their layers under this lock.
  using _layers = await lock("layer", version, { wait: true });
  // A bake that was killed: the caller has its lock.
  await virsh.batch([
    destroy(warmName(version)),
    pool.delete(nvramName(warmName(version))),
  ]);
  const [domain] = await getDomains(virsh, [version]);
  const current = domain?.metadata?.warm?.id;
  const all = await pool.volumes();
  const old = all.filter(({ name, path }) => {
    const own = readWarmVolume(name);
    return own?.version === version && own.id !== current &&
      layersOn(all, path).length === 0;
  });
  await virsh.batch(old.map(({ name }) => pool.delete(name)));
}
