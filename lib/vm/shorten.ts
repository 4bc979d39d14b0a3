/**
 * Keeping chains short. Every clone and every snapshot of a VM puts a layer on
 * its disks, and a read that finds nothing in one goes on to the next.
 */

import { chainOf, layersOn } from "../image/chain.ts";
import { ownerOf } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { type Domain, snapshotsOf } from "../libvirt/domain.ts";
import { change } from "../libvirt/virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import type { Freezable } from "./freeze.ts";
import { withQemu } from "./merge.ts";

/** Images in a chain, from layer to base: docs/qcow2.md has what they cost. */
const LONGEST = 16;

/**
 * Where chains of a VM have become as long as they may be, copy what lies above
 * the template's image into the topmost layer, by QEMU's block-stream job,
 * if there is room for it.
 * Other VMs that rest on the layers in between keep them.
 *
 * @param seen the volumes, where they were just listed.
 * @returns the volumes as they are then.
 */
export async function shorten(
  connection: Connection,
  vm: Freezable,
  seen?: Volume[],
): Promise<Volume[]> {
  const { virsh, pool } = connection;
  const volumes = seen ?? await pool.volumes();
  const long = vm.domain.disks
    .map(({ target, path }) => ({ target, chain: chainOf(volumes, path) }))
    .filter(({ chain }) => chain.length >= LONGEST);
  if (long.length === 0) return volumes;
  const what = `cannot shorten the chains of "${vm.domain.name}"`;
  const pulled: Volume[] = [];
  await withQemu(virsh, vm, what, async () => {
    for (const { target, chain } of long) {
      const base = chain.find(isOfTemplate);
      const words = ["blockpull", vm.domain.name, target, "--wait"];
      const down = base ? ["--base", base.path] : [];
      const answer = await virsh.try(change([...words, ...down]));
      // Without room for it the chain stays long: slow, and whole.
      if (answer.ok) pulled.push(...chain.slice(1));
    }
  });
  await virsh.try(pool.refresh());
  await deleteUnused(connection, vm.domain, pulled);
  return await pool.volumes();
}

/** A version's image, or the disk of its warm image. */
function isOfTemplate({ name }: Volume): boolean {
  return ownerOf(name).includes("@");
}

/** Of the layers that were passed over: those of the VM that nothing needs. */
async function deleteUnused(
  { pool, virsh }: Connection,
  domain: Domain,
  passed: readonly Volume[],
): Promise<void> {
  const recorded = snapshotsOf(domain)
    .flatMap(({ layers }) => Object.values(layers));
  let left = await pool.volumes();
  // From the top down: a layer is free once what lay on it is gone.
  for (const { name, path } of passed) {
    const own = ownerOf(name) === domain.name && !recorded.includes(name);
    if (!own || layersOn(left, path).length > 0) continue;
    await virsh.try(pool.delete(name));
    left = left.filter((volume) => volume.name !== name);
  }
}
