/**
 * Spares: forks that are paused and have never run. One says that it is ready
 * only when it is, and whoever takes one holds its lock meanwhile.
 */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getDomain, type Listed, relabel } from "../libvirt/domain.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { tryLock } from "../lock/lock.ts";
import { undoing } from "../undo/undo.ts";
import { endDisposable, isUnnamed } from "../vm/disposable_end.ts";
import { domainOfVm, type VmSpec } from "../vm/domain_of_vm.ts";
import { forkPaused } from "./fork.ts";
import type { WarmImage } from "./image.ts";

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
  const unready = { ...domain.metadata, kind: "build" } as const;
  await forkPaused(connection, image, { ...domain, metadata: unready });
  const ready: Metadata = {
    ...domain.metadata,
    kind: "spare",
    fork: image.id,
    owner,
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
): Promise<{ name: string; uuid: string } | undefined> {
  const ready = list.filter(({ kind, state, template }) =>
    kind === "spare" && state === "paused" && template === image.version
  );
  for (const { name } of ready) {
    using held = await tryLock("vm", name);
    if (!held) continue;
    const taken = await take(connection, name, image, once);
    if (taken) return taken;
  }
}

/** It may have been taken, or begun to run, since it was listed. */
async function take(
  connection: Connection,
  name: string,
  image: WarmImage,
  once: boolean,
) {
  const { virsh } = connection;
  try {
    const { uuid, metadata } = await getDomain(virsh, name);
    if (metadata?.kind !== "spare" || metadata.fork !== image.id) return;
    const taken = { ...metadata, kind: "disposable", owner: undefined, once };
    const calls = relabel(name, taken as Metadata);
    await virsh.mustAll(`cannot take "${name}"`, calls);
    return { name, uuid };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** Why a spare is of no use any more; undefined where it is ready. */
export function unfit(
  { state, template }: Listed,
  metadata: Metadata | undefined,
  image: WarmImage | undefined,
): string | undefined {
  if (state !== "paused") return "it was resumed by hand";
  if (template !== image?.version || metadata?.fork !== image?.id) {
    return "its warm image is not the newest";
  }
}

/** End those of the user that `unwanted` says, and what killed fills left. */
export async function discard(
  connection: Connection,
  names: readonly string[],
): Promise<string[]> {
  const ended: string[] = [];
  for (const name of names.filter(isUnnamed)) {
    using held = await tryLock("vm", name);
    if (!held) continue;
    await endDisposable(connection, name);
    ended.push(name);
  }
  return ended;
}
