/** Deleting versions that are not wanted any more. */

import { dependents, ownedBy, topFirst } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains, undefine } from "../libvirt/domain.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import { lock, tryLock } from "../lock/lock.ts";
import { sweepWarm } from "../warm/drop.ts";
import { endOutdated } from "../warm/discard.ts";
import { sweepDisposables } from "../disposable/end.ts";
import { mustFindVersion, newest, versions } from "./versions.ts";

/**
 * Delete the versions that are not the newest and that nothing rests on; of
 * all templates where none is named.
 *
 * @returns their names.
 */
export async function prune(
  connection: Connection,
  templates: string[],
): Promise<string[]> {
  const list = await listDomains(connection.virsh);
  templates.forEach((name) => mustFindVersion(list, name));
  const names = templates.length > 0
    ? templates
    : [...new Set(versions(list).map(({ template }) => template))];
  await endOutdated(connection);
  // What those wrote that are off would keep a version.
  await sweepDisposables(connection);
  const pruned = new Set<string>();
  // What rests on a version may go first, and free it.
  for (let before = -1; before !== pruned.size;) {
    before = pruned.size;
    for (const name of names) {
      for (const old of await pruneOne(connection, name)) pruned.add(old);
    }
  }
  await sweepWarm(connection);
  return [...pruned];
}

async function pruneOne(
  { virsh, pool }: Connection,
  template: string,
): Promise<string[]> {
  using _held = await lock("template", template);
  const list = await listDomains(virsh);
  const old = versions(list).filter((version) =>
    version.template === template &&
    version.name !== newest(list, template)?.name
  );
  const gone: string[] = [];
  for (const { name } of old) {
    using warm = await tryLock("warm", name);
    using layers = await tryLock("layer", name);
    if (!warm || !layers) continue;
    const volumes = await pool.volumes();
    if (await isUsed(virsh, volumes, name)) continue;
    gone.push(name);
    await virsh.must(`cannot delete ${name}`, undefine(name));
    const deletion = (volume: Volume) => pool.delete(volume.name);
    await virsh.batch(topFirst(ownedBy(volumes, name)).map(deletion));
  }
  return gone;
}

/** A named disposable that is off has no layer. */
async function isUsed(virsh: Virsh, volumes: Volume[], version: string) {
  if (dependents(volumes, version).length > 0) return true;
  const list = await listDomains(virsh);
  return list.some(({ template }) => template === version);
}
