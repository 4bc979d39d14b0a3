/** Merging a layer into the one below it, by QEMU's block-commit job. */

import { layersOn } from "../image/chain.ts";
import { ownerOf } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active, destroy, getDomain, snapshotsOf } from "../libvirt/domain.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";
import type { Freezable } from "./freeze.ts";
import { refuseSaved } from "./managed_save.ts";

/**
 * Merge what rests on the volumes named into them, where nothing else needs
 * the state in between.
 *
 * @param merged writes down that the state which a snapshot records under the
 * first name is now under the second: it is told before the first is deleted.
 */
export async function mergeInto(
  connection: Connection,
  { domain, state }: Freezable,
  bases: string[],
  merged: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const { virsh, pool } = connection;
  const todo = await mergeable(connection, domain.name, bases);
  if (todo.length === 0) return;
  const what = `cannot merge layers of "${domain.name}"`;
  await withQemu(virsh, { domain, state }, what, async () => {
    for (const { target, base, top, isActive, isRecorded } of todo) {
      const how = isActive ? ["--active", "--pivot"] : ["--top", top.path];
      const words = ["blockcommit", domain.name, target, "--base", base.path];
      await virsh.must(what, change([...words, ...how, "--wait"]));
      if (isRecorded) await merged(top.name, base.name);
      await virsh.try(pool.refresh());
      await virsh.try(pool.delete(top.name));
    }
  });
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
    const isRecorded = recorded.includes(top.name);
    const { target } = (disk ?? user)!;
    return [{ target, base, top, isActive, isRecorded }];
  });
}
