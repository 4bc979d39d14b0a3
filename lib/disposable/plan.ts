/** What a disposable is made of: a free name, a layer, a domain. */

import { Failure } from "../command/failure.ts";
import { lockBase } from "../image/base_lock.ts";
import { directoryOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Domain, Listed } from "../libvirt/domain.ts";
import { type Lock, tryLock } from "../lock/lock.ts";
import type { VmSpec } from "../vm/domain_of_vm.ts";

export interface DisposableOptions {
  /** Bytes. */
  memory?: number;
  vcpus?: number;
  /** As `vms-net` takes it, or the name of a libvirt network. */
  network?: string;
  /** Let it have shares: `vms-share`. */
  shares?: boolean;
  /** Boot it, also where it could be forked. */
  cold?: boolean;
  /** It is for one command: without whoever waits for that it is swept. */
  once: boolean;
  /** Its screen or its console is opened. */
  attended?: boolean;
}

/** The domain, without its card. */
export function planOf(
  template: Domain,
  given: DisposableOptions & { name: string; type: Domain["type"] },
): VmSpec {
  const { name, type, memory, vcpus, shares, once } = given;
  const { user, graphical, spice } = template.metadata ?? {};
  return {
    name,
    metadata: {
      kind: "disposable",
      template: template.name,
      user,
      graphical,
      spice,
      once,
    },
    type,
    memory: memory ?? template.memory,
    vcpus: vcpus ?? template.vcpus,
    root: `${directoryOf(template.disks[0]!.path)}/${volumeName(name, "root")}`,
    sharedMemory: shares,
  };
}

/** The layer that it writes to. What it rests on is not deleted meanwhile. */
export async function makeLayer(
  { virsh, pool }: Connection,
  name: string,
  backing: string,
): Promise<void> {
  const what = "cannot start a disposable";
  using _held = await lockBase(backing);
  const { capacity } = await pool.volume(backing);
  const layer = { name: volumeName(name, "root"), capacity, backing };
  // By the session: a process of its own is slow.
  await virsh.mustAll(what, [pool.create(layer)]);
}

/** A name that nobody has, and its lock. */
export async function freeName(
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
