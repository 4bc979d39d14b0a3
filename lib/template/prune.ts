/** Deleting versions that are not wanted any more. */

import { dependents, ownedBy, topFirst } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains, undefine } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { lock, tryLock } from "../lock/lock.ts";
import { sweepWarm } from "../warm/drop.ts";
import { endOutdated } from "../warm/discard.ts";
import { sweepDisposables } from "../disposable/end.ts";
import { mustFindVersion, newest, type Version, versions } from "./versions.ts";

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
  const volumes = await pool.volumes();
  const skeletons = new Set(list.map((one) => one.template));
  const free = (version: Version) =>
    version.template === template &&
    version.name !== newest(list, template)?.name &&
    !skeletons.has(version.name) &&
    dependents(volumes, version.name).length === 0;
  const deletion = (volume: Volume) => pool.delete(volume.name);
  const old = versions(list).filter(free).map(({ name }) => name);
  const gone: string[] = [];
  for (const name of old) {
    using unused = await tryLock("warm", name);
    if (!unused) continue;
    gone.push(name);
    await virsh.must(`cannot delete ${name}`, undefine(name));
    await virsh.batch(topFirst(ownedBy(volumes, name)).map(deletion));
  }
  return gone;
}
