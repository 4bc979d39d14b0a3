/** Deleting versions that are not wanted any more. */

import { dependents, ownedBy, topFirst } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains, undefine } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { lock } from "../lock/lock.ts";
import { sweepWarm } from "../warm/drop.ts";
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
  const pruned: string[] = [];
  // What rests on a version may go first, and free it.
  for (let before = -1; before !== pruned.length;) {
    before = pruned.length;
    for (const name of names) pruned.push(...await pruneOne(connection, name));
  }
  await sweepWarm(connection);
  return pruned;
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
  for (const name of old) {
    await virsh.must(`cannot delete ${name}`, undefine(name));
    await virsh.batch(topFirst(ownedBy(volumes, name)).map(deletion));
  }
  return old;
}
