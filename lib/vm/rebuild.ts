/** Rebuilding: a new root layer on the newest version, home is kept. */

import { Failure } from "../command/failure.ts";
import { lockBase } from "../image/base_lock.ts";
import { layersOn, ownedBy, topFirst } from "../image/chain.ts";
import { directoryOf, nextLayer, readVolumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  define,
  type Domain,
  findListed,
  getDomain,
  type Listed,
} from "../libvirt/domain.ts";
import { withDisk, withMetadata } from "../libvirt/edit_xml.ts";
import type { Volume } from "../libvirt/volume.ts";
import { mustFindVersion, type Version } from "../template/versions.ts";
import { undoing } from "../undo/undo.ts";
import { refuseSaved } from "./managed_save.ts";

/**
 * The version that a VM would be rebuilt on.
 *
 * @throws {Failure} `conflict`, for a VM that runs or rests on no template.
 */
export function rebuildTarget(
  list: readonly Listed[],
  name: string,
): Version {
  const { kind, state, template } = findListed([...list], name);
  const refuse = (why: string, hint: string) =>
    new Failure("conflict", `cannot rebuild "${name}"`, why, hint);
  if (kind !== "appvm") {
    throw refuse(`it is a ${kind}, not an AppVM`, "vms-list");
  }
  if (!template) throw refuse("it rests on no template", "vms-list");
  if (active(state)) throw refuse(`it is ${state}`, `vms-stop ${name}`);
  return mustFindVersion(list, template.split("@")[0]!);
}

/** Give a stopped AppVM a new root layer. Snapshots keep the old layers. */
export async function rebuild(
  connection: Connection,
  name: string,
  version: Version,
): Promise<void> {
  const { virsh, pool } = connection;
  const what = `cannot rebuild "${name}"`;
  await refuseSaved(virsh, name, what);
  const domain = await getDomain(virsh, name, true);
  refuseHomeless(domain, what);
  const root = domain.disks.find(({ serial }) => serial === "root")!;
  const volumes = await pool.volumes();
  const next = await getDomain(virsh, version.name);
  const image = next.disks[0]!.path;
  using _held = await lockBase(image);
  const base = await pool.volume(image);
  const before = volumes.find(({ path }) => path === root.path);
  const layer = nextLayer(volumes, name, "root");
  const path = `${directoryOf(root.path)}/${layer}`;
  const { user, graphical, spice } = next.metadata!;
  const of = { template: version.name, user, graphical, spice };
  const metadata = { ...domain.metadata!, ...of };
  await using undo = undoing();
  const capacity = Math.max(base.capacity, before?.capacity ?? 0);
  const spec = { name: layer, capacity, backing: base.path };
  await virsh.must(what, pool.create(spec));
  undo.add(() => virsh.try(pool.delete(layer)));
  const xml = withMetadata(withDisk(domain.xml, root.path, path), metadata);
  await virsh.must(what, define(xml));
  undo.keep();
  const old = unused(volumes, name, metadata.snapshots ?? []);
  await virsh.batch(topFirst(old).map((volume) => pool.delete(volume.name)));
}

/** In its root layer lies what rebuilding is to keep. */
function refuseHomeless({ name, disks }: Domain, what: string): void {
  if (disks.some(({ serial }) => serial === "home")) return;
  const why = "it has no home disk: what lies in /home would be gone";
  throw new Failure("conflict", what, why, `vms-keep ${name} NAME`);
}

/** Root layers of the VM that neither a snapshot nor another VM needs. */
function unused(
  volumes: readonly Volume[],
  name: string,
  snapshots: { layers: Record<string, string> }[],
): Volume[] {
  const wanted = new Set(snapshots.flatMap(({ layers }) => layers.root ?? []));
  let left = ownedBy(volumes, name).filter((volume) =>
    readVolumeName(volume.name)?.kind === "root" && !wanted.has(volume.name)
  );
  // One that something stays on stays too.
  for (let before = -1; before !== left.length;) {
    before = left.length;
    left = left.filter((volume) =>
      layersOn(volumes, volume.path).every((layer) => left.includes(layer))
    );
  }
  return left;
}
