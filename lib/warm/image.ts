/**
 * Warm images: a template's guest, frozen when it had booted. Its memory, its
 * disk and the state of its devices are volumes beside the version's image.
 */

import { directoryOf } from "../image/names.ts";
import type { WarmRecord } from "../libvirt/metadata.ts";

/** Names of the volumes of one. */
export interface WarmVolumes {
  /** Memory, as long as the guest's. */
  memory: string;
  /** Layer that it was frozen on: forks rest on it. */
  disk: string;
  /** State of the devices. */
  state: string;
}

export function warmVolumes(version: string, id: string): WarmVolumes {
  const stem = `${version}.warm-${id}`;
  return {
    memory: `${stem}.mem`,
    disk: `${stem}.qcow2`,
    state: `${stem}.state`,
  };
}

/** The version and the ID in the name of a volume of a warm image. */
export function readWarmVolume(
  volume: string,
): { version: string; id: string } | undefined {
  const match = /^([a-z0-9-]+@[0-9]+)\.warm-([0-9a-f]{8})\.(?:mem|qcow2|state)$/
    .exec(volume);
  return match ? { version: match[1]!, id: match[2]! } : undefined;
}

/** `gui@3.warm`: the domain that is frozen. */
export function warmName(version: string): string {
  return `${version}.warm`;
}

/** True for such a domain, and what it has beside its volumes. */
export function isWarmName(name: string): boolean {
  return /^[a-z0-9-]+@[0-9]+\.warm(\.|$)/.test(name);
}

/** A warm image that may be forked. */
export interface WarmImage extends WarmRecord {
  version: string;
  /** Paths. */
  memory: string;
  disk: string;
  stateFile: string;
  /** Bytes of the memory. */
  size: number;
  /** Whether QEMU can open the memory for reading alone. */
  readonly: boolean;
}

/** Where it lies: beside the version's image. */
export function warmImage(
  version: { name: string; path: string; memory: number },
  record: WarmRecord,
  readonly: boolean,
): WarmImage {
  const { memory, disk, state } = warmVolumes(version.name, record.id);
  const at = (name: string) => `${directoryOf(version.path)}/${name}`;
  return {
    ...record,
    version: version.name,
    memory: at(memory),
    disk: at(disk),
    stateFile: at(state),
    size: version.memory,
    readonly,
  };
}
