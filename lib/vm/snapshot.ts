/**
 * Snapshots of AppVMs: frozen layers, and with them the memory of a running
 * VM where it is asked for. What there is stands in the domain's metadata.
 */

import { Failure } from "../command/failure.ts";
import { layersOn, ownedBy, topFirst } from "../image/chain.ts";
import { directoryOf, nextLayer, readVolumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  define,
  destroy,
  type Domain,
  findListed,
  getDomain,
  type Listed,
  snapshotsOf,
  type State,
} from "../libvirt/domain.ts";
import { editMetadata } from "../libvirt/edit_metadata.ts";
import { withDisk } from "../libvirt/edit_xml.ts";
import type { SnapshotRecord } from "../libvirt/metadata.ts";
import type { Volume, VolumeSpec } from "../libvirt/volume.ts";
import { undoing } from "../undo/undo.ts";
import { freeze, planFreeze } from "./freeze.ts";
import { refuseSaved } from "./managed_save.ts";
import { mergeInto } from "./merge.ts";
import { shorten } from "./shorten.ts";
import {
  freezeWithMemory,
  readMemory,
  refuseUnsaveable,
  restoreMemory,
} from "./snapshot_memory.ts";
import { withoutShares } from "./without_shares.ts";

/** The AppVM whose snapshots are meant, as it will be at its next start. */
export async function snapshotVm(
  { virsh }: Connection,
  list: readonly Listed[],
  name: string,
): Promise<{ domain: Domain; state: State }> {
  const { kind, state } = findListed([...list], name);
  if (kind !== "appvm") {
    throw new Failure(
      "conflict",
      `cannot work on snapshots of "${name}"`,
      `it is a ${kind}; AppVMs have snapshots`,
      "vms-list",
    );
  }
  return { domain: await getDomain(virsh, name, true), state };
}

/** The record of a snapshot. @throws {Failure} `missing`. */
export function findSnapshot(domain: Domain, name: string): SnapshotRecord {
  const found = snapshotsOf(domain).find((one) => one.name === name);
  if (found) return found;
  throw new Failure(
    "missing",
    `cannot find the snapshot "${name}"`,
    `"${domain.name}" has none of that name`,
    `vms-snapshot list ${domain.name}`,
  );
}

export interface SnapshotOptions {
  /** Also the memory of a VM that runs. */
  memory: boolean;
  /** Take shares away for as long: with them no memory can be saved. */
  detach?: boolean;
  /** Hears which of them could not be given back. */
  warn?: (line: string) => void;
}

/** Take a snapshot; with `memory` of a running VM as it is at this moment. */
export async function createSnapshot(
  connection: Connection,
  vm: { domain: Domain; state: State },
  name: string,
  { memory, detach = false, warn = () => {} }: SnapshotOptions,
): Promise<void> {
  if (snapshotsOf(vm.domain).some((one) => one.name === name)) {
    throw new Failure(
      "conflict",
      `cannot make the snapshot "${name}"`,
      `"${vm.domain.name}" has one of that name`,
      `vms-snapshot list ${vm.domain.name}`,
    );
  }
  if (memory && !active(vm.state)) {
    throw new Failure(
      "conflict",
      `cannot save the memory of "${vm.domain.name}"`,
      "it is not running",
      `vms-start ${vm.domain.name}`,
    );
  }
  const given = { name: vm.domain.name, snapshot: name, detach };
  if (memory) await refuseUnsaveable(connection, given);
  const volumes = await shorten(connection, vm);
  const work = () => takeSnapshot(connection, vm, { name, memory, volumes });
  if (!(memory && detach)) return await work();
  await withoutShares(connection.virsh, vm.domain.name, warn, work);
}

async function takeSnapshot(
  connection: Connection,
  vm: { domain: Domain; state: State },
  { name, memory, volumes }: {
    name: string;
    memory: boolean;
    volumes: Volume[];
  },
): Promise<void> {
  await using undo = undoing();
  const memoryVolume = `${vm.domain.name}.memory.${name}`;
  const frozen = memory
    ? await freezeWithMemory(
      connection,
      vm,
      planFreeze(vm, volumes),
      memoryVolume,
    )
    : await freeze(connection, vm, volumes, undo);
  const record: SnapshotRecord = {
    name,
    created: Math.floor(Date.now() / 1000),
    layers: Object.fromEntries(
      frozen.map(({ serial, base }) => [serial, volumeOf(base)]),
    ),
    memory: memory ? memoryVolume : undefined,
  };
  await editRecords(connection, vm.domain.name, (all) => [...all, record]);
  undo.keep();
}

/** Write the records anew, into the domain as it is now. */
async function editRecords(
  { virsh }: Connection,
  name: string,
  edit: (all: SnapshotRecord[]) => SnapshotRecord[],
): Promise<void> {
  const what = `cannot write down the snapshots of "${name}"`;
  await editMetadata(virsh, name, what, (metadata) => ({
    ...metadata,
    snapshots: edit(metadata.snapshots ?? []),
  }));
}

/**
 * Go back: the VM gets new layers on what was frozen, and what it had since is
 * deleted. One with memory goes on running from that moment.
 */
export async function revertSnapshot(
  connection: Connection,
  vm: { domain: Domain; state: State },
  snapshot: SnapshotRecord,
): Promise<void> {
  const { virsh, pool } = connection;
  const { name } = vm.domain;
  const what = `cannot revert "${name}" to "${snapshot.name}"`;
  if (!active(vm.state)) await refuseSaved(virsh, name, what);
  const moves = planRevert(vm.domain, await pool.volumes(), snapshot, what);
  const memory = snapshot.memory
    ? await readMemory(connection, what, snapshot.memory, moves)
    : undefined;
  await using undo = undoing();
  for (const { layer } of moves) {
    await virsh.must(what, pool.create(layer));
    undo.add(() => virsh.try(pool.delete(layer.name)));
  }
  let { xml } = vm.domain;
  for (const { from, to } of moves) xml = withDisk(xml, from, to);
  if (active(vm.state)) await virsh.must(what, destroy(name));
  await virsh.must(what, define(xml));
  undo.add(() => virsh.try(define(vm.domain.xml)));
  if (memory) await restoreMemory(connection, name, what, memory);
  undo.keep();
  // Not before: where the memory is of no use, all it had is still there.
  await deleteUnused(connection, name);
}

/** The layers it will go on with, by the paths of disks and frozen images. */
function planRevert(
  { name, disks }: Domain,
  volumes: readonly Volume[],
  { layers }: SnapshotRecord,
  what: string,
): { from: string; to: string; base: string; layer: VolumeSpec }[] {
  return disks.map(({ path, serial, target }) => {
    const volume = layers[serial ?? target];
    const base = volumes.find((one) => one.name === volume);
    if (!base) {
      const why = `the image ${volume} is gone`;
      throw new Failure("failed", what, why, "vms-doctor");
    }
    const kind = serial === "home" ? "home" : "root";
    const layer = {
      name: nextLayer(volumes, name, kind),
      capacity: base.capacity,
      backing: base.path,
    };
    const to = `${directoryOf(path)}/${layer.name}`;
    return { from: path, to, base: base.path, layer };
  });
}

/** Forget a snapshot, and merge its layers into what rests on them. */
export async function deleteSnapshot(
  connection: Connection,
  vm: { domain: Domain; state: State },
  snapshot: SnapshotRecord,
): Promise<void> {
  const { virsh, pool } = connection;
  const { name } = vm.domain;
  await editRecords(
    connection,
    name,
    (all) => all.filter((one) => one.name !== snapshot.name),
  );
  if (snapshot.memory) await virsh.try(pool.delete(snapshot.memory));
  await deleteUnused(connection, name);
  const bases = Object.values(snapshot.layers);
  await mergeInto(connection, vm, bases, async (from, to) => {
    await editRecords(
      connection,
      name,
      (all) => all.map((one) => withLayer(one, from, to)),
    );
  });
}

/** The record, of a state that another volume holds now. */
function withLayer(
  record: SnapshotRecord,
  from: string,
  to: string,
): SnapshotRecord {
  const layers = Object.entries(record.layers).map((
    [disk, volume],
  ) => [disk, volume === from ? to : volume]);
  return { ...record, layers: Object.fromEntries(layers) };
}

/** Delete layers of the VM that no disk, snapshot or other layer needs. */
async function deleteUnused(
  { virsh, pool }: Connection,
  name: string,
): Promise<void> {
  await virsh.try(pool.refresh());
  const domain = await getDomain(virsh, name, true);
  const wanted = new Set([
    ...domain.disks.map(({ path }) => volumeOf(path)),
    ...snapshotsOf(domain).flatMap(({ layers, memory }) => [
      ...Object.values(layers),
      ...(memory ? [memory] : []),
    ]),
  ]);
  let volumes = await pool.volumes();
  for (const volume of topFirst(ownedBy(volumes, name))) {
    if (wanted.has(volume.name) || !isState(volume.name)) continue;
    if (layersOn(volumes, volume.path).length > 0) continue;
    await virsh.try(pool.delete(volume.name));
    volumes = volumes.filter((one) => one !== volume);
  }
}

/** Disks and saved memory; not the NVRAM. */
function isState(volume: string): boolean {
  return readVolumeName(volume) !== undefined || volume.includes(".memory.");
}

function volumeOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
