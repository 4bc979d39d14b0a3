/**
 * Names of volumes. A VM's own begin with its name and a dot, which no name of
 * a VM has, so `ls` shows whose a file is.
 */

/** The disks of a VM, by the serial the guest sees. */
export type DiskKind = "root" | "home";

/** `web.qcow2`, `web.home.qcow2`; later layers `web.1.qcow2`, ... */
export function volumeName(vm: string, kind: DiskKind, layer = 0): string {
  const parts = [vm];
  if (kind === "home") parts.push("home");
  if (layer > 0) parts.push(`${layer}`);
  return `${parts.join(".")}.qcow2`;
}

/** The firmware's variables of a VM; they lie beside its disks. */
export function nvramName(vm: string): string {
  return `${vm}.nvram.fd`;
}

/** Passwords and keys of a VM, as the guest is given them. */
export function credentialsName(vm: string): string {
  return `${vm}.credentials`;
}

/** The directory that a path lies in. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

export interface OwnVolume {
  vm: string;
  kind: DiskKind;
  layer: number;
}

/** Whose disk a volume is; undefined for what no VM made. */
export function readVolumeName(name: string): OwnVolume | undefined {
  const match = /^([a-z0-9][a-z0-9-]*)(\.home)?(?:\.([1-9][0-9]*))?\.qcow2$/
    .exec(name);
  if (!match) return;
  const [, vm, home, layer] = match;
  return {
    vm: vm!,
    kind: home ? "home" : "root",
    layer: layer ? Number(layer) : 0,
  };
}

/** `web` for every volume of it, `gui@3` for that of a version or its build. */
export function ownerOf(volume: string): string {
  return volume.split(".")[0]!;
}

/** Name of the layer that comes after all there are of that disk. */
export function nextLayer(
  volumes: readonly { name: string }[],
  vm: string,
  kind: DiskKind,
): string {
  const layers = volumes.map(({ name }) => readVolumeName(name))
    .filter((own) => own?.vm === vm && own.kind === kind)
    .map((own) => own!.layer);
  return volumeName(vm, kind, Math.max(-1, ...layers) + 1);
}
