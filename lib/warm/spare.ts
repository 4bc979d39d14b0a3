/**
 * Spares: forks that are paused and have never run. One says that it is ready
 * only when it is, and whoever takes one holds its lock meanwhile.
 */

import type { Connection } from "../libvirt/connection.ts";
import {
  type Domain,
  dump,
  type Listed,
  readDomain,
  relabel,
} from "../libvirt/domain.ts";
import { readDomainStats } from "../libvirt/domain_stats.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { look, type Virsh } from "../libvirt/virsh.ts";
import { type Lock, tryLock } from "../lock/lock.ts";
import { undoing } from "../undo/undo.ts";
import { endDisposable } from "../disposable/end.ts";
import { domainOfVm, type VmSpec } from "../vm/domain_of_vm.ts";
import { forkPaused } from "./fork.ts";
import type { WarmImage } from "./image.ts";

/** One that was taken: a disposable that is still to be woken. */
export interface Taken {
  name: string;
  uuid: string;
  metadata: Metadata;
  /** Its lock, to be held until it is woken. */
  held: Lock;
  /** Held for as long as its one command is wanted. */
  use?: Lock;
}

/** A domain, and what its virtual CPUs have used. */
export interface Used {
  domain: Domain;
  /** Nanoseconds, by hundredths of a second; undefined where nobody counts. */
  cpuTime?: number;
}

/** Undefined where it has ended. */
export async function readUsed(
  virsh: Virsh,
  name: string,
): Promise<Used | undefined> {
  const asked = [dump(name), look("domstats", "--raw", "--vcpu", name)];
  const [dumped, stats] = await virsh.batch(asked);
  if (!dumped!.ok) return;
  const [{ cpuTime } = {}] = readDomainStats(stats!.stdout);
  return { domain: readDomain(dumped!.stdout), cpuTime };
}

/** Make one. Its layer is there, its lock is held. */
export async function makeSpare(
  connection: Connection,
  image: WarmImage,
  plan: VmSpec,
  owner: number,
): Promise<void> {
  const domain = domainOfVm(plan);
  await using undo = undoing();
  undo.add(() => endDisposable(connection, plan.name));
  await forkPaused(connection, image, domain);
  const used = await readUsed(connection.virsh, plan.name);
  const ready: Metadata = {
    ...domain.metadata,
    kind: "spare",
    fork: image.id,
    owner,
    cpuTime: used?.cpuTime,
  };
  const what = `cannot keep "${plan.name}" ready`;
  await connection.virsh.mustAll(what, relabel(plan.name, ready));
  undo.keep();
}

/**
 * Take one that is ready; from then on it is a disposable.
 *
 * @returns undefined where none is.
 */
export async function takeSpare(
  connection: Connection,
  list: readonly Listed[],
  image: WarmImage,
  once: boolean,
): Promise<Taken | undefined> {
  const ready = list.filter(({ kind, state, template }) =>
    kind === "spare" && state === "paused" && template === image.version
  );
  for (const { name } of ready) {
    const held = await tryLock("vm", name);
    // Before it is a disposable for one command: without the lock it is swept.
    const use = held && once ? await tryLock("use", name) : undefined;
    const taken = held && !(once && !use) &&
      await take(connection, name, image, once);
    if (taken) return { ...taken, held, use };
    held?.[Symbol.dispose]();
    use?.[Symbol.dispose]();
  }
}

/** It may have been taken, or begun to run, since it was listed. */
async function take(
  connection: Connection,
  name: string,
  image: WarmImage,
  once: boolean,
) {
  const used = await readUsed(connection.virsh, name);
  const metadata = used?.domain.metadata;
  if (metadata?.kind !== "spare" || metadata.fork !== image.id) return;
  if (metadata.owner !== Deno.uid() || hasRun(used!)) return;
  const taken: Metadata = {
    ...metadata,
    kind: "build",
    owner: undefined,
    cpuTime: undefined,
    once,
  };
  const answers = await connection.virsh.batch(relabel(name, taken));
  return answers.every(({ ok }) => ok)
    ? { name, uuid: used!.domain.uuid, metadata: taken }
    : undefined;
}

/**
 * Nanoseconds that the thread of an emulated CPU may take for QEMU's own work
 * while it is paused, counted by ticks of ten milliseconds.
 */
const IDLE = { kvm: 0, qemu: 50_000_000 };

/** Also where it was paused again: that leaves no other trace. */
function hasRun({ domain, cpuTime }: Used): boolean {
  const before = domain.metadata?.cpuTime;
  if (before === undefined || cpuTime === undefined) return before !== cpuTime;
  return cpuTime - before > IDLE[domain.type] || cpuTime < before;
}

/** Why a spare is of no use any more; undefined where it is ready. */
export function unfit(
  { state, template }: Listed,
  used: Used,
  image: WarmImage | undefined,
): string | undefined {
  if (state !== "paused" || hasRun(used)) return "it was resumed by hand";
  const { metadata } = used.domain;
  if (template !== image?.version || metadata?.fork !== image?.id) {
    return "its warm image is not the newest";
  }
}
