/** Unnamed disposables: made, used and gone. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { directoryOf, nvramName, ownerOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  create,
  destroy,
  getDomain,
  listDomains,
  type Listed,
  undefine,
} from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import type { Call } from "../libvirt/virsh.ts";
import type { Pool } from "../libvirt/volume.ts";
import { type Lock, tryLock } from "../lock/lock.ts";
import { printable } from "../names/names.ts";
import type { Version } from "../template/versions.ts";
import { undoing } from "../undo/undo.ts";
import { domainOfVm } from "./domain_of_vm.ts";

/** `disp-4821`: what an unnamed disposable is called. */
const UNNAMED = /^disp-[0-9]{4,6}$/;

/** Check the name of an unnamed disposable. */
export function unnamed(word: string): string {
  if (UNNAMED.test(word)) return word;
  throw new Error(
    `${printable(word)} is not the name of an unnamed disposable`,
  );
}

export interface DisposableOptions {
  /** Bytes. */
  memory?: number;
  vcpus?: number;
  /** Name of a libvirt network, or `none`. */
  network?: string;
  /** It is for one command: without whoever waits for that it is swept. */
  once: boolean;
}

/** A disposable that runs. */
export interface Disposable {
  name: string;
  user?: string;
  graphical: boolean;
}

/** Start a throw-away VM on a version of a template. */
export async function startDisposable(
  connection: Connection,
  context: Context,
  list: readonly Listed[],
  version: Version,
  options: DisposableOptions,
): Promise<Disposable> {
  const { virsh, pool, config } = connection;
  const template = await getDomain(virsh, version.name);
  const { path, capacity } = await pool.volume(template.disks[0]!.path);
  const { name, lock } = await freeName(list);
  using _held = lock;
  await using undo = undoing();
  const what = "cannot start a disposable";
  const layer = volumeName(name, "root");
  await virsh.must(what, pool.create({ name: layer, capacity, backing: path }));
  undo.add(() => virsh.try(pool.delete(layer)));
  const network = options.network ?? config.libvirt.network;
  const { user, graphical = false } = template.metadata ?? {};
  const domain = domainOfVm({
    name,
    metadata: {
      kind: "disposable",
      template: version.name,
      user,
      graphical,
      once: options.once,
    },
    type: await chooseAcceleration(virsh, context.say),
    memory: options.memory ?? template.memory,
    vcpus: options.vcpus ?? template.vcpus,
    root: `${directoryOf(path)}/${layer}`,
    network: network === "none" ? undefined : network,
  });
  undo.add(() => endDisposable(connection, name));
  await virsh.must(what, create(domainXml(domain)));
  undo.keep();
  return { name, user, graphical };
}

async function freeName(
  list: readonly Listed[],
): Promise<{ name: string; lock: Lock }> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [number] = crypto.getRandomValues(new Uint16Array(1));
    const name = `disp-${1000 + number! % 9000}`;
    if (list.some((one) => one.name === name)) continue;
    const lock = await tryLock("vm", name);
    if (lock) return { name, lock };
  }
  throw new Failure("failed", "cannot start a disposable", "no name is free");
}

/** The calls that delete what a disposable has written. */
export function dropVolumes(pool: Pool, name: string): Call[] {
  return [
    // QEMU made the NVRAM: libvirt does not know it yet.
    pool.refresh(),
    pool.delete(volumeName(name, "root")),
    pool.delete(nvramName(name)),
  ];
}

/** End a disposable and delete its layer. Safe where it is gone already. */
export async function endDisposable(
  { virsh, pool }: Connection,
  name: string,
): Promise<void> {
  await virsh.batch([destroy(name), undefine(name)]);
  await virsh.batch(dropVolumes(pool, name));
}

/**
 * Remove what disposables left that ended without anybody looking: layers of
 * unnamed ones that no domain has, and VMs for one command whose caller is gone.
 *
 * @returns the names of those that were swept.
 */
export async function sweepDisposables(
  connection: Connection,
): Promise<string[]> {
  const list = await listDomains(connection.virsh);
  const volumes = await connection.pool.volumes();
  const candidates = new Set([
    ...volumes.map(({ name }) => ownerOf(name)),
    ...list.filter(({ kind }) => kind === "disposable").map(({ name }) => name),
  ].filter((name) => UNNAMED.test(name)));
  const swept: string[] = [];
  for (const name of candidates) {
    if (await sweepOne(connection, name)) swept.push(name);
  }
  return swept;
}

/** One that is being made, kept or used is not touched. */
async function sweepOne(
  connection: Connection,
  name: string,
): Promise<boolean> {
  using held = await tryLock("vm", name);
  if (!held) return false;
  const list = await listDomains(connection.virsh);
  if (list.some((one) => one.name === name)) {
    const { metadata } = await getDomain(connection.virsh, name);
    if (!metadata?.once) return false;
    using wanted = await tryLock("use", name);
    if (!wanted) return false;
  }
  await endDisposable(connection, name);
  return true;
}

/** True while the VM runs, is paused or shuts down. */
export async function isActive(
  { virsh }: Connection,
  name: string,
): Promise<boolean> {
  const list = await listDomains(virsh);
  return list.some((one) => one.name === name && active(one.state));
}
