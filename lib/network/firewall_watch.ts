/** Keeping the addresses of names in rules as they are now. */

import {
  holderOf,
  ownFilter,
  templateFilter,
} from "../firewall/filter_name.ts";
import { secondsNow } from "../firewall/known_address.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains, type Listed } from "../libvirt/domain.ts";
import { getFilters } from "../libvirt/nwfilter.ts";
import { tryLock } from "../lock/lock.ts";
import { asking, hasNames, renewNames } from "./allowed_names.ts";
import { findHolder, readFirewall, writeFirewall } from "./firewall.ts";
import { renewHost } from "./shared_filters.ts";

/** Seconds; new rules are noticed after that at the latest. */
const ROUND = 30;

/** What is told of what happens. */
export type Tell = (line: string) => void;

/** Go on until the process is ended. */
export async function watchNames(
  connection: Connection,
  tell: Tell,
): Promise<never> {
  let before = "";
  while (true) {
    const lines: string[] = [];
    const next = await round(connection, (line) => lines.push(line));
    // What stays wrong is told once.
    const now = lines.join("\n");
    if (now !== before) lines.forEach(tell);
    before = now;
    await new Promise((done) => setTimeout(done, next * 1000));
  }
}

/** @returns seconds until the next round. */
async function round(connection: Connection, tell: Tell): Promise<number> {
  try {
    await renewHost(connection);
    const list = await listDomains(connection.virsh);
    const again = [ROUND];
    const filters = await getFilters(connection.virsh, candidates(list));
    for (const filter of filters.keys()) {
      const holder = holderOf(filter)!;
      const name = "vm" in holder ? holder.vm : holder.template;
      const lock = await tryLock("vm" in holder ? "vm" : "template", name);
      // Who changes it now asks for its names as well.
      if (!lock) continue;
      using _held = lock;
      again.push(await renewOne(connection, list, name, tell));
    }
    return Math.min(...again);
  } catch (error) {
    tell((error as Error).message);
    return ROUND;
  }
}

/** Names that filters with rules may have. */
function candidates(list: readonly Listed[]): string[] {
  const templates = list.map(({ name, kind, template }) =>
    kind === "template" ? name : template
  ).filter((one) => one !== undefined).map((one) => one.split("@")[0]!);
  return [
    ...list.map(({ name }) => ownFilter(name)),
    ...[...new Set(templates)].map(templateFilter),
  ];
}

/**
 * Renew the names of one VM or template.
 *
 * @returns seconds after which to look again.
 */
export async function renewOne(
  connection: Connection,
  list: readonly Listed[],
  name: string,
  tell: Tell,
): Promise<number> {
  try {
    const holder = await findHolder(connection, list, name);
    const { policy, own } = await readFirewall(connection, holder);
    if (!own || !hasNames(policy)) return ROUND;
    const ask = asking(holder.spot.gateway);
    const renewal = await renewNames(policy, ask, secondsNow());
    renewal.troubles.forEach((line) => tell(`${name}: ${line}`));
    if (renewal.changed) {
      await writeFirewall(connection, holder, renewal.policy);
      tell(`${name}: addresses renewed`);
    }
    return renewal.again ?? ROUND;
  } catch (error) {
    // One that is odd does not keep the others from being looked after.
    tell((error as Error).message);
    return ROUND;
  }
}
