/** Merging a layer into the one below it, by QEMU's block-commit job. */

import { layersOn } from "../image/chain.ts";
import { ownerOf } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active, destroy, getDomain, snapshotsOf } from "../libvirt/domain.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";
import { type Freezable, refuseSaved } from "./freeze.ts";

/**
 * Merge what rests on the volumes named into them, where nothing else needs
 * the state in between.
 *
 * @returns the names under which the contents of merged volumes now are.
 */
export async function mergeInto(
  connection: Connection,
  { domain, state }: Freezable,
  bases: string[],
): Promise<Map<string, string>> {
  const { virsh, pool } = connection;
  const renamed = new Map<string, string>();
  const todo = await mergeable(connection, domain.name, bases);
  if (todo.length === 0) return renamed;
  const what = `cannot merge layers of "${domain.name}"`;
  await withQemu(virsh, { domain, state }, what, async () => {
    for (const { target, base, top, isActive } of todo) {
      const how = isActive ? ["--active", "--pivot"] : ["--top", top.path];
      const words = ["blockcommit", domain.name, target, "--base", base.path];
      await virsh.must(what, change([...words, ...how, "--wait"]));
      await virsh.try(pool.refresh());
      await virsh.try(pool.delete(top.name));
      renamed.set(top.name, base.name);
    }
  });
  return renamed;
}

/**
 * Do what a job of QEMU does. A VM that is off is started paused for it: only
 * QEMU runs then, not the guest.
 */
export async function withQemu(
  virsh: Virsh,
  { domain: { name }, state }: Freezable,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  if (active(state)) return await work();
  await refuseSaved(virsh, name, what);
  await using undo = undoing();
  undo.add(() => virsh.try(destroy(name)));
  await virsh.must(what, change(["start", "--paused", name]));
  await work();
}

/** Pairs of layers of which the upper one may go. */
async function mergeable(
  { virsh, pool }: Connection,
  name: string,
  bases: string[],
) {
  const volumes = await pool.volumes();
  const domain = await getDomain(virsh, name, true);
  const recorded = snapshotsOf(domain).flatMap(({ layers }) =>
    Object.values(layers)
  );
  return bases.flatMap((baseName) => {
    const base = volumes.find((one) => one.name === baseName);
    if (!base || ownerOf(base.name) !== name || recorded.includes(baseName)) {
      return [];
    }
    const [top, ...others] = layersOn(volumes, base.path);
    if (!top || others.length > 0 || ownerOf(top.name) !== name) return [];
    const disk = domain.disks.find(({ path }) => path === top.path);
    const above = layersOn(volumes, top.path);
    const user = domain.disks.find(({ path }) => above[0]?.path === path);
    const isActive = disk !== undefined;
    // In the middle of the chain only where that chain is the one in use.
    if (!isActive && (above.length !== 1 || !user)) return [];
    return [{ target: (disk ?? user)!.target, base, top, isActive }];
  });
}
