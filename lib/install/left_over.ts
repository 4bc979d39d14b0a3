/**
 * The disk of an installation of a VM that is over, and did not end: it was
 * killed, or its disk was kept by --keep. Callers hold the VM's lock.
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory } from "../config/places.ts";
import { chainOf, topFirst } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Volume } from "../libvirt/volume.ts";

export interface LeftOver {
  /** What its steps wrote to, the last first. */
  layers: Volume[];
  /** What they rest on. An installation's own rests on nothing. */
  base?: Volume;
}

/** The VM that a volume such as `web.60-packages.qcow2` was made for, if it is one: others' names may look so. */
export function installedIn(volume: string): string | undefined {
  return /^([a-z0-9][a-z0-9-]*)\.\d\d-[a-z][a-z0-9-]*\.qcow2$/.exec(volume)
    ?.[1];
}

/** What there is of the disk of a VM that has no domain. */
export function leftOver(volumes: readonly Volume[], vm: string): LeftOver {
  const base = volumes.find(({ name }) => name === `${vm}.qcow2`);
  const layers = volumes.filter(({ name, path }) =>
    installedIn(name) === vm && chainOf(volumes, path).at(-1) === base
  );
  const all = topFirst(base ? [...layers, base] : layers);
  return { layers: all.filter((one) => one !== base), base };
}

/** Names of all that an installation made of it, what rests on others first. */
export function namesOf({ layers, base }: LeftOver): string[] {
  const own = base?.backing === undefined ? base : undefined;
  return [...layers, ...(own ? [own] : [])].map(({ name }) => name);
}

/**
 * A file that is there while a disk is made that goes where its installation
 * fails. So who finds it knows that the command was killed, and what of.
 */
async function noteOf(vm: string): Promise<string> {
  return join(await runtimeDirectory(), `install-${vm}@build.disk`);
}

/** Write that the disk of `vm` is not to be kept. */
export async function noteUnkept(vm: string): Promise<void> {
  // One that another member of the group has left cannot be written to.
  await removeNote(vm);
  await Deno.writeTextFile(await noteOf(vm), "", { createNew: true });
}

export async function removeNote(vm: string): Promise<void> {
  await Deno.remove(await noteOf(vm)).catch(() => {});
}

/** True where a command was killed that would have deleted the disk. */
export async function isUnkept(vm: string): Promise<boolean> {
  const note = await Deno.lstat(await noteOf(vm)).catch(() => undefined);
  return note?.isFile ?? false;
}

/**
 * What a killed installation left and is to be deleted before another begins.
 *
 * @throws {Failure} `conflict`, where a disk is there that may be wanted.
 */
export async function unwanted(
  { virsh, pool }: Connection,
  vm: string,
  { recipe }: { recipe: string },
): Promise<string[]> {
  // QEMU made the layers: libvirt does not know them yet.
  await virsh.try(pool.refresh());
  const found = leftOver(await pool.volumes(), vm);
  const { layers: [last], base } = found;
  if (!last && !base) return [];
  if (base?.backing === undefined && await isUnkept(vm)) return namesOf(found);
  const what = `cannot install "${vm}"`;
  const deleting = `vms-doctor --repair ${vm} deletes it`;
  if (!last) {
    const why = `there is no such VM, but its disk ${base!.name}; ${deleting}`;
    throw new Failure("conflict", what, why, "vms-doctor");
  }
  const step = last.name.slice(vm.length + 1, -".qcow2".length);
  throw new Failure(
    "conflict",
    what,
    `the disk of an installation that failed is there: --from=${step} goes on with it; ${deleting}`,
    `vms-install --keep --recipe=${recipe} --from=${step} ${vm}`,
  );
}
