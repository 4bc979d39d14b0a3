/** Starting unnamed disposables. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  create,
  type Domain,
  getDomain,
  listDomains,
  type Listed,
} from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import type { NetworkCard } from "../libvirt/network_card.ts";
import { type Lock, lock } from "../lock/lock.ts";
import type { Version } from "../template/versions.ts";
import { undoing } from "../undo/undo.ts";
import { findWarm, whyCold } from "../warm/find.ts";
import { type Fork, forkPaused, wake } from "../warm/fork.ts";
import type { WarmImage } from "../warm/image.ts";
import { takeSpare } from "../warm/spare.ts";
import { takeTurn } from "../warm/turn.ts";
import { activate } from "../network/address.ts";
import { endDisposable, isUnnamed, sweepDisposables } from "./end.ts";
import { domainOfVm, type VmSpec } from "../vm/domain_of_vm.ts";
import { cardFor } from "../network/network.ts";
import { type DisposableOptions, freeName, makeLayer, planOf } from "./plan.ts";
import { refuseUnseen } from "./unseen.ts";

/** A disposable that runs. */
export interface Disposable {
  name: string;
  user?: string;
  graphical: boolean;
  /** Where it was not booted. */
  fork?: Fork;
  /** Of one for a command: held while that is wanted, else it is swept. */
  use?: Lock;
}

/** What it is made from, once it is known how. */
interface Order {
  template: Domain;
  options: DisposableOptions & { type: Domain["type"] };
  card: Fork["card"];
  /** Handed over to the fork. */
  turn: DisposableStack;
}

/**
 * Start a throw-away VM on a version of a template: a spare of the pool, or
 * else a fork of its warm image, or else one that boots.
 */
export async function startDisposable(
  connection: Connection,
  context: Context,
  before: readonly Listed[],
  version: Version,
  given: DisposableOptions,
): Promise<Disposable> {
  const { virsh, config } = connection;
  const template = await getDomain(virsh, version.name);
  if (given.attended) refuseUnseen(template);
  const type = await chooseAcceleration(virsh, context.say);
  const options = { ...given, type };
  const network = given.network ?? config.libvirt.network;
  const image = await findWarm(connection, template, options);
  const forks = typeof image !== "string" && !context.dryRun;
  using turn = forks ? await takeTurn() : new DisposableStack();
  const reserved = () =>
    cardFor(connection, network, { template: template.name });
  // A network that was named is looked at before anything is begun.
  const named = given.network === undefined ? undefined : [await reserved()];
  const card = () => named ? Promise.resolve(named[0]) : reserved();
  // Others have begun theirs meanwhile.
  const list = forks ? await listDomains(virsh) : before;
  const order = { template, options, card, turn };
  if (typeof image === "string") whyCold(connection, template.name, image);
  else if (!context.dryRun) {
    const spare = await spareOf(connection, list, image, order);
    if (spare) return spare;
  }
  if (!context.dryRun) await sweepBefore(connection, list);
  const { name, lock: held } = await freeName(list);
  using _held = held;
  const use = await useLock(name, given);
  const plan = planOf(template, { ...options, name });
  const fork = typeof image === "string" || context.dryRun
    ? undefined
    : await forked(connection, image, plan, order);
  if (!fork) await booted(connection, template, { plan, card: await card() });
  return disposable(name, order, { fork, use });
}

/** What others left whose process of its own was killed. */
async function sweepBefore(
  connection: Connection,
  list: readonly Listed[],
): Promise<void> {
  const left = list.some(({ name, kind }) =>
    kind === "build" && isUnnamed(name)
  );
  if (left) await sweepDisposables(connection);
}

function disposable(
  name: string,
  { template }: Order,
  how: Pick<Disposable, "fork" | "use">,
): Disposable {
  const { user, graphical = false } = template.metadata ?? {};
  return { name, user, graphical, ...how };
}

async function useLock(
  name: string,
  { once }: DisposableOptions,
): Promise<Lock | undefined> {
  return once ? await lock("use", name) : undefined;
}

/** Undefined where the pool has none, or it does not wake. */
async function spareOf(
  connection: Connection,
  list: readonly Listed[],
  image: WarmImage,
  order: Order,
): Promise<Disposable | undefined> {
  const { once } = order.options;
  const spare = await takeSpare(connection, list, image, once);
  if (!spare) return;
  const { name, use, metadata, held } = spare;
  using _held = held;
  const vm = {
    ...spare,
    metadata: { ...metadata, kind: "disposable" },
  } as const;
  const fork = await woken(connection, image, vm, order);
  return fork && disposable(name, order, { fork, use });
}

/** Undefined where it must be booted; why is in the trace. */
async function forked(
  connection: Connection,
  image: WarmImage,
  plan: VmSpec,
  order: Order,
): Promise<Fork | undefined> {
  const domain = domainOfVm(plan);
  try {
    await using undo = undoing();
    undo.add(() => endDisposable(connection, plan.name));
    await makeLayer(connection, plan.name, image.disk);
    await forkPaused(connection, image, domain);
    undo.keep();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return whyCold(connection, image.version, error.message);
  }
  const metadata = { ...domain.metadata, fork: image.id };
  return await woken(connection, image, { ...domain, metadata }, order);
}

async function woken(
  connection: Connection,
  image: WarmImage,
  vm: Parameters<typeof wake>[1],
  { card, turn }: Order,
): Promise<Fork | undefined> {
  const { name } = vm;
  await using undo = undoing();
  undo.add(() => endDisposable(connection, name));
  try {
    const awake = await wake(connection, vm);
    undo.keep();
    const { units } = image;
    return { ...awake, name, turn: turn.move(), card, disks: [], units };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
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
