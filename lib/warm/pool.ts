/** Pools: spares are made in advance, so that a disposable is only woken. */

import { Failure } from "../command/failure.ts";
import { acceleration } from "../host/acceleration.ts";
import { hostMemory } from "../host/memory.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  type Domain,
  getDomain,
  listDomains,
  type Listed,
} from "../libvirt/domain.ts";
import { lock, tryLock } from "../lock/lock.ts";
import type { Run } from "../process/run.ts";
import { newest } from "../template/versions.ts";
import { sweepDisposables } from "../disposable/end.ts";
import { freeName, makeLayer, planOf } from "../disposable/plan.ts";
import { findWarm } from "./find.ts";
import type { WarmImage } from "./image.ts";
import { poolSizes, setPoolSize } from "./pool_size.ts";
import { discard } from "./discard.ts";
import { makeSpare, readUsed, unfit } from "./spare.ts";

/** One template's pool, as it is. */
export interface PoolState {
  name: string;
  wanted: number;
  ready: number;
  /** Why there are not as many as wanted; empty where there are. */
  why: string;
}

interface OwnSpare extends Listed {
  unfit?: string;
}

/** The pools of this user. */
export async function poolStates(connection: Connection): Promise<PoolState[]> {
  const sizes = await poolSizes();
  const list = await listDomains(connection.virsh);
  return await Promise.all([...sizes].map(async ([name, wanted]) => {
    const image = await imageOf(connection, list, name);
    const usable = typeof image === "string" ? undefined : image;
    const mine = await ownSpares(connection, list, name, usable);
    const ready = mine.filter((one) => !one.unfit).length;
    const why = typeof image === "string" ? image : "to be filled";
    return { name, wanted, ready, why: ready < wanted ? why : "" };
  }));
}

/**
 * Make what is missing, one at a time, and end what is of no use. Where
 * another process does so already nothing is done.
 */
export async function refill(
  connection: Connection,
  say: (line: string) => void,
): Promise<void> {
  if (!connection.virsh.local) return;
  for (const template of (await poolSizes()).keys()) {
    using held = await tryLock("pool", poolName(template));
    if (!held) continue;
    const why = await refillOne(connection, template)
      .catch((error) => {
        if (error instanceof Failure) return error.message;
        throw error;
      });
    if (why) say(`warning: the pool of ${template} is not full: ${why}`);
  }
}

/** For its lock: each user has pools of their own. */
function poolName(template: string): string {
  return `${template}.${Deno.uid()}`;
}

/** Say how many are wanted, and make it so. */
export async function setPool(
  connection: Connection,
  template: string,
  size: number,
  say: (line: string) => void,
): Promise<void> {
  await setPoolSize(template, size);
  // One that fills it just now sees the new size before the next spare.
  await lock("pool", poolName(template), { wait: true })
    .then((held) => held[Symbol.dispose]());
  if (size === 0) await drain(connection, template);
  else await refill(connection, say);
}

async function refillOne(
  connection: Connection,
  template: string,
): Promise<string | undefined> {
  const size = async () => (await poolSizes()).get(template) ?? 0;
  const wanted = await size();
  const list = await listDomains(connection.virsh);
  await sweepDisposables(connection);
  const image = await imageOf(connection, list, template);
  const usable = typeof image === "string" ? undefined : image;
  const mine = await ownSpares(connection, list, template, usable);
  await discard(
    connection,
    mine.filter((one) => one.unfit).map(({ name }) => name),
  );
  const ready = mine.filter((one) => !one.unfit);
  await discard(connection, ready.slice(wanted).map(({ name }) => name));
  if (typeof image === "string") return wanted > 0 ? image : undefined;
  const domain = await getDomain(connection.virsh, image.version);
  for (let made = ready.length; made < await size(); made++) {
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
async function ownSpares(
  { virsh }: Connection,
  list: readonly Listed[],
  template: string,
  image: WarmImage | undefined,
): Promise<OwnSpare[]> {
  const found: OwnSpare[] = [];
  for (const one of list) {
    if (one.kind !== "spare") continue;
    if (one.template?.split("@")[0] !== template) continue;
    const used = await readUsed(virsh, one.name);
    if (used?.domain.metadata?.owner !== Deno.uid()) continue;
    found.push({ ...one, unfit: unfit(one, used!, image) });
  }
  return found;
}

/** End all of this user's, of one template or of all. */
export async function drain(
  connection: Connection,
  template?: string,
): Promise<string[]> {
  const list = await listDomains(connection.virsh);
  if (!connection.virsh.local) return [];
  const names = template ? [template] : [
    ...new Set(
      list.filter(({ kind }) => kind === "spare")
        .map((one) => one.template!.split("@")[0]!),
    ),
  ];
  const ended: string[] = [];
  for (const name of names) {
    const mine = await ownSpares(connection, list, name, undefined);
    ended.push(...await discard(connection, mine.map(({ name }) => name)));
  }
  return ended;
}
