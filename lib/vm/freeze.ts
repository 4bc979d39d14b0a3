/**
 * Freezing the disks of a VM: what is there becomes a base that nobody writes
 * to, and the VM goes on in a new layer; also while it runs.
 */

import { agentAnswers } from "../agent/guest_agent.ts";
import { directoryOf, nextLayer } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active, define, type Domain, type State } from "../libvirt/domain.ts";
import { withDisk } from "../libvirt/edit_xml.ts";
import { change } from "../libvirt/virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import type { Undo } from "../undo/undo.ts";
import { refuseSaved } from "./managed_save.ts";

/** A frozen disk, and the new layer that the VM writes to. */
export interface Frozen {
  serial: string;
  target: string;
  /** Paths. */
  base: string;
  layer: string;
  layerVolume: string;
  /** Bytes the guest sees. */
  capacity: number;
}

/** The VM whose disks are frozen. */
export interface Freezable {
  domain: Domain;
  state: State;
}

/** The layers that freezing will make. */
export function planFreeze(
  { domain }: Freezable,
  volumes: readonly Volume[],
): Frozen[] {
  return domain.disks.map(({ serial, target, path }) => {
    const kind = serial === "home" ? "home" : "root";
    const layerVolume = nextLayer(volumes, domain.name, kind);
    const directory = directoryOf(path);
    const volume = volumes.find((one) => one.path === path);
    return {
      serial: serial ?? target,
      target,
      base: path,
      layer: `${directory}/${layerVolume}`,
      layerVolume,
      capacity: volume?.capacity ?? 0,
    };
  });
}

/**
 * Freeze all disks of a VM at one moment.
 *
 * With an agent that answers, the file systems of a running guest are at rest
 * in that moment; without one they are as after a power cut.
 */
export async function freeze(
  { virsh, pool }: Connection,
  vm: Freezable,
  volumes: readonly Volume[],
  undo: Undo,
): Promise<Frozen[]> {
  const plan = planFreeze(vm, volumes);
  const { name } = vm.domain;
  const what = `cannot freeze the disks of "${name}"`;
  if (active(vm.state)) {
    const quiesce = vm.state === "running" && await agentAnswers(virsh, name);
    await virsh.must(what, snapshot(name, plan, quiesce));
    // Deleting the layers again would lose what the guest wrote meanwhile: the
    // VM stays on them, whatever happens next.
    await virsh.try(pool.refresh());
    return plan;
  }
  await refuseSaved(virsh, name, what);
  for (const { layerVolume, capacity, base } of plan) {
    const layer = { name: layerVolume, capacity, backing: base };
    await virsh.must(what, pool.create(layer));
    undo.add(() => virsh.try(pool.delete(layerVolume)));
  }
  let { xml } = vm.domain;
  for (const { base, layer } of plan) xml = withDisk(xml, base, layer);
  await virsh.must(what, define(xml));
  undo.add(() => virsh.try(define(vm.domain.xml)));
  return plan;
}

function snapshot(name: string, plan: Frozen[], quiesce: boolean) {
  return change([
    "snapshot-create-as",
    name,
    "--disk-only",
    "--no-metadata",
    "--atomic",
    ...(quiesce ? ["--quiesce"] : []),
    ...plan.flatMap(({ target, layer }) => [
      "--diskspec",
      `${target},snapshot=external,file=${layer}`,
    ]),
  ]);
}
