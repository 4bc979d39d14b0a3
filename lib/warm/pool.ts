/** Pools: spares are made in advance, so that a disposable is only woken. */

import type { Run } from "../process/run.ts";
import { acceleration } from "../host/acceleration.ts";
import { hostMemory } from "../host/memory.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  type Domain,
  getDomain,
  listDomains,
  type Listed,
} from "../libvirt/domain.ts";
import { tryLock } from "../lock/lock.ts";
import { newest } from "../template/versions.ts";
import { isUnnamed } from "../vm/disposable_end.ts";
import { freeName, makeLayer, planOf } from "../vm/plan_disposable.ts";
import { findWarm } from "./find.ts";
import type { WarmImage } from "./image.ts";
import { poolSizes } from "./pool_size.ts";
import { discard, makeSpare, unfit } from "./spare.ts";

/** One template's pool, as it is. */
export interface PoolState {
  name: string;
  wanted: number;
  ready: number;
  /** Why there are not as many as wanted; empty where there are. */
  why: string;
}

/** Spares of one user. */
interface Mine extends Listed {
  unfit?: string;
}

/** The pools of this user. */
export async function poolStates(connection: Connection): Promise<PoolState[]> {
  const sizes = await poolSizes();
  const list = await listDomains(connection.virsh);
  return await Promise.all([...sizes].map(async ([name, wanted]) => {
    const image = await imageOf(connection, list, name);
    const usable = typeof image === "string" ? undefined : image;
    const mine = await minesOf(connection, list, name, usable);
    const ready = mine.filter((one) => !one.unfit).length;
    const why = typeof image === "string" ? image : "to be filled";
    return { name, wanted, ready, why: ready < wanted ? why : "" };
  }));
}

/**
 * Make what is missing, one at a time, and end what is of no use. Where
 * another process does so already nothing is done.
 *
 * @returns why it stopped before all were there.
 */
export async function refill(
  connection: Connection,
  say: (line: string) => void,
): Promise<void> {
  for (const [template, wanted] of await poolSizes()) {
    using held = await tryLock("pool", `${template}.${Deno.uid()}`);
    if (!held) continue;
    const why = await refillOne(connection, template, wanted);
    if (why) say(`warning: the pool of ${template} is not full: ${why}`);
  }
}

async function refillOne(
  connection: Connection,
  template: string,
  wanted: number,
): Promise<string | undefined> {
  const list = await listDomains(connection.virsh);
  await discard(connection, await halfMade(connection, list));
  const image = await imageOf(connection, list, template);
  const usable = typeof image === "string" ? undefined : image;
  const mine = await minesOf(connection, list, template, usable);
  await discard(
    connection,
    mine.filter((one) => one.unfit).map(({ name }) => name),
  );
  const ready = mine.filter((one) => !one.unfit);
  await discard(connection, ready.slice(wanted).map(({ name }) => name));
  if (typeof image === "string") return wanted > 0 ? image : undefined;
  const domain = await getDomain(connection.virsh, image.version);
  for (let made = ready.length; made < wanted; made++) {
    const short = await memoryShort(connection.virsh.run, domain.memory);
    if (short) return short;
    await makeOne(connection, image, domain);
  }
}

/** A spare may grow to all of its memory, and others want some too. */
async function memoryShort(
  run: Run,
  memory: number,
): Promise<string | undefined> {
  const { total, available } = await hostMemory(run);
  if (available - memory > total / 10) return;
  return "memory is short on this host";
}

async function makeOne(
  connection: Connection,
  image: WarmImage,
  template: Domain,
): Promise<void> {
  const list = await listDomains(connection.virsh);
  const { name, lock } = await freeName(list);
  using _held = lock;
  const { type } = await acceleration(connection.virsh);
  const plan = planOf(template, { name, type, once: false });
  await makeLayer(connection, name, image.disk);
  await makeSpare(connection, image, plan, Deno.uid()!);
}

/** The warm image of a template's newest version, or why there is none. */
async function imageOf(
  connection: Connection,
  list: readonly Listed[],
  template: string,
): Promise<WarmImage | string> {
  const version = newest(list, template);
  if (!version) return "there is no such template";
  const domain = await getDomain(connection.virsh, version.name);
  const { type } = await acceleration(connection.virsh);
  return await findWarm(connection, domain, { type });
}

/** This user's, of any version of the template. */
async function minesOf(
  { virsh }: Connection,
  list: readonly Listed[],
  template: string,
  image: WarmImage | undefined,
): Promise<Mine[]> {
  const found: Mine[] = [];
  for (const one of list) {
    if (one.kind !== "spare") continue;
    if (one.template?.split("@")[0] !== template) continue;
    const { metadata } = await getDomain(virsh, one.name);
    if (metadata?.owner !== Deno.uid()) continue;
    found.push({ ...one, unfit: unfit(one, metadata, image) });
  }
  return found;
}

/** What a fill that was killed left: nobody holds its lock. */
async function halfMade(
  { virsh }: Connection,
  list: readonly Listed[],
): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of list) {
    if (kind !== "build" || !isUnnamed(name)) continue;
    const { metadata } = await getDomain(virsh, name);
    if (metadata?.fork) found.push(name);
  }
  return found;
}

/** End all of this user's, of one template or of all. */
export async function drain(
  connection: Connection,
  template?: string,
): Promise<string[]> {
  const list = await listDomains(connection.virsh);
  const names = template ? [template] : [
    ...new Set(
      list.filter(({ kind }) => kind === "spare")
        .map((one) => one.template!.split("@")[0]!),
    ),
  ];
  const ended: string[] = [];
  for (const name of names) {
    const mine = await minesOf(connection, list, name, undefined);
    ended.push(...await discard(connection, mine.map(({ name }) => name)));
  }
  return ended;
}
