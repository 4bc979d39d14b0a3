/** Starting unnamed disposables. */

import { AgentError } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { directoryOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  create,
  type Domain,
  getDomain,
  type Listed,
} from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import type { NetworkCard } from "../libvirt/network_card.ts";
import { type Lock, tryLock } from "../lock/lock.ts";
import type { Version } from "../template/versions.ts";
import { undoing } from "../undo/undo.ts";
import { findWarm, whyCold } from "../warm/find.ts";
import { type Fork, forkPaused, wake } from "../warm/fork.ts";
import type { WarmImage } from "../warm/image.ts";
import { activate } from "./address.ts";
import { endDisposable } from "./disposable_end.ts";
import { domainOfVm, type VmSpec } from "./domain_of_vm.ts";
import { cardFor } from "./network.ts";

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
}

/** A disposable that runs. */
export interface Disposable {
  name: string;
  user?: string;
  graphical: boolean;
  /** Where it was not booted. */
  fork?: Fork;
}

/**
 * Start a throw-away VM on a version of a template: forked from its warm image
 * where that can be done, else booted.
 */
export async function startDisposable(
  connection: Connection,
  context: Context,
  list: readonly Listed[],
  version: Version,
  options: DisposableOptions,
): Promise<Disposable> {
  const { virsh } = connection;
  const template = await getDomain(virsh, version.name);
  const type = await chooseAcceleration(virsh, context.say);
  const { name, lock } = await freeName(list);
  using _held = lock;
  const plan = planOf(template, { ...options, name, type });
  const network = options.network ?? connection.config.libvirt.network;
  const card = () => cardFor(connection, network, { template: template.name });
  const { user, graphical = false } = template.metadata ?? {};
  const wanted = { ...options, type };
  const image = await findWarm(connection, template, wanted);
  const fork = typeof image === "string"
    ? whyCold(connection, template.name, image)
    : context.dryRun
    ? undefined
    : await forked(connection, image, { plan, card });
  if (!fork) await booted(connection, template, { plan, card: await card() });
  return { name, user, graphical, fork };
}

/** The domain, without its card. */
function planOf(
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

/** Undefined where it must be booted; why is in the trace. */
async function forked(
  connection: Connection,
  image: WarmImage,
  { plan, card }: { plan: VmSpec; card: Fork["card"] },
): Promise<Fork | undefined> {
  const { name } = plan;
  const domain = domainOfVm(plan);
  try {
    await using undo = undoing();
    undo.add(() => endDisposable(connection, name));
    await makeLayer(connection, name, image.disk);
    await forkPaused(connection, image, domain);
    const agent = await wake(connection, domain);
    undo.keep();
    return { name, agent, card, disks: [], units: image.units };
  } catch (error) {
    if (!(error instanceof Failure || error instanceof AgentError)) throw error;
    return whyCold(connection, image.version, error.message);
  }
}

async function booted(
  connection: Connection,
  template: Domain,
  { plan, card }: { plan: VmSpec; card: NetworkCard | undefined },
): Promise<void> {
  const domain = domainOfVm({ ...plan, network: card });
  await using undo = undoing();
  undo.add(() => endDisposable(connection, plan.name));
  await makeLayer(connection, plan.name, template.disks[0]!.path);
  await activate(connection, domain.network);
  const call = create(domainXml(domain));
  await connection.virsh.must("cannot start a disposable", call);
  undo.keep();
}

async function makeLayer(
  { virsh, pool }: Connection,
  name: string,
  backing: string,
): Promise<void> {
  const what = "cannot start a disposable";
  const { capacity } = await pool.volume(backing);
  const layer = { name: volumeName(name, "root"), capacity, backing };
  await virsh.must(what, pool.create(layer));
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
