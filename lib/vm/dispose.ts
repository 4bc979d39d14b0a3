/** Starting unnamed disposables. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { directoryOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { create, getDomain, type Listed } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import { type Lock, tryLock } from "../lock/lock.ts";
import type { Version } from "../template/versions.ts";
import { undoing } from "../undo/undo.ts";
import { activate } from "./address.ts";
import { endDisposable } from "./disposable_end.ts";
import { domainOfVm } from "./domain_of_vm.ts";
import { cardFor } from "./network.ts";

export interface DisposableOptions {
  /** Bytes. */
  memory?: number;
  vcpus?: number;
  /** As `vms-net` takes it, or the name of a libvirt network. */
  network?: string;
  /** Let it have shares: `vms-share`. */
  shares?: boolean;
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
      spice: template.metadata?.spice,
      once: options.once,
    },
    type: await chooseAcceleration(virsh, context.say),
    memory: options.memory ?? template.memory,
    vcpus: options.vcpus ?? template.vcpus,
    root: `${directoryOf(path)}/${layer}`,
    sharedMemory: options.shares,
    network: await cardFor(connection, network, { template: version.name }),
  });
  undo.add(() => endDisposable(connection, name));
  await activate(connection, domain.network);
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
