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
import { readSharedDirectories } from "../libvirt/share_xml.ts";
import type { SnapshotRecord } from "../libvirt/metadata.ts";
import { change, look, XML_FILE } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";
import { freeze, type Frozen, planFreeze } from "./freeze.ts";
import { mergeInto } from "./merge.ts";
import { shorten } from "./shorten.ts";

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

/** Take a snapshot; with `memory` of a running VM as it is at this moment. */
export async function createSnapshot(
  connection: Connection,
  vm: { domain: Domain; state: State },
  name: string,
  { memory }: { memory: boolean },
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
  if (memory) await refuseUnsaveable(connection, vm.domain.name);
  const volumes = await shorten(connection, vm);
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

/**
 * What virtiofsd holds open for a guest is not in the guest's memory, and a fork
 * would be started again as one.
 */
async function refuseUnsaveable({ virsh }: Connection, name: string) {
  const { xml, metadata } = await getDomain(virsh, name);
  if (metadata?.fork) {
    throw new Failure(
      "conflict",
      `cannot save the memory of "${name}"`,
      "it was forked, and has yet to start from its own disks; " +
        "without --memory a snapshot can be made",
      `vms-stop ${name} && vms-start ${name}`,
    );
  }
  const tags = readSharedDirectories(xml).map(({ tag }) => tag);
  if (tags.length === 0) return;
  const ours = tags.every((tag) => tag.startsWith("/"));
  throw new Failure(
    "conflict",
    `cannot save the memory of "${name}"`,
    `folders of the host are open in it: ${tags.join(", ")}; ` +
      "without --memory a snapshot can be made",
    ours ? `vms-share remove ${name}` : `vms-stop ${name} && vms-start ${name}`,
  );
}

/** Disks and memory of the same moment. */
async function freezeWithMemory(
  { virsh, pool }: Connection,
  { domain }: { domain: Domain },
  plan: Frozen[],
  memoryVolume: string,
): Promise<Frozen[]> {
  const directory = directoryOf(plan[0]!.base);
  await virsh.must(
    `cannot save the memory of "${domain.name}"`,
    change([
      "snapshot-create-as",
      domain.name,
      "--no-metadata",
      "--atomic",
      "--memspec",
      `snapshot=external,file=${directory}/${memoryVolume}`,
      ...plan.flatMap(({ target, layer }) => [
        "--diskspec",
        `${target},snapshot=external,file=${layer}`,
      ]),
    ]),
  );
  await virsh.try(pool.refresh());
  return plan;
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
  if (active(vm.state)) await virsh.must(what, destroy(name));
  const volumes = await pool.volumes();
  await using undo = undoing();
  const moved: { from: string; to: string; base: string }[] = [];
  let { xml } = vm.domain;
  for (const disk of vm.domain.disks) {
    const volume = snapshot.layers[disk.serial ?? disk.target];
    const base = volumes.find((one) => one.name === volume);
    if (!base) {
      throw new Failure(
        "failed",
        what,
        `the image ${volume} is gone`,
        "vms-doctor",
      );
    }
    const kind = disk.serial === "home" ? "home" : "root";
    const layer = nextLayer(volumes, name, kind);
    const spec = { name: layer, capacity: base.capacity, backing: base.path };
    await virsh.must(what, pool.create(spec));
    undo.add(() => virsh.try(pool.delete(layer)));
    const to = `${directoryOf(disk.path)}/${layer}`;
    xml = withDisk(xml, disk.path, to);
    moved.push({ from: disk.path, to, base: base.path });
  }
  await virsh.must(what, define(xml));
  undo.keep();
  await deleteUnused(connection, name);
  if (snapshot.memory) await restore(connection, name, snapshot.memory, moved);
}

async function restore(
  { virsh, pool }: Connection,
  name: string,
  memory: string,
  moved: { base: string; to: string }[],
): Promise<void> {
  const what = `cannot restore the memory of "${name}"`;
  const path = `${await pool.directory()}/${memory}`;
  let xml = await virsh.must(what, look("save-image-dumpxml", path));
  for (const { base, to } of moved) xml = withDisk(xml, base, to);
  const words = ["restore", path, "--xml", XML_FILE, "--running"];
  await virsh.must(what, change(words, xml));
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
  const renamed = await mergeInto(
    connection,
    vm,
    Object.values(snapshot.layers),
  );
  if (renamed.size === 0) return;
  await editRecords(connection, name, (all) =>
    all.map((one) => ({
      ...one,
      layers: Object.fromEntries(
        Object.entries(one.layers).map((
          [disk, volume],
        ) => [disk, renamed.get(volume) ?? volume]),
      ),
    })));
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
