/** Keeping the addresses of names in rules as they are now. */

import {
  holderOf,
  ownFilter,
  templateFilter,
} from "../firewall/filter_name.ts";
import { ROUND } from "../firewall/known_address.ts";
import { readPolicy } from "../firewall/policy.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains, type Listed } from "../libvirt/domain.ts";
import { getFilters } from "../libvirt/nwfilter.ts";
import type { Filter } from "../libvirt/nwfilter_xml.ts";
import { tryLock } from "../lock/lock.ts";
import { hasNames } from "./allowed_names.ts";
import { renewHolder } from "./renewal.ts";
import { renewHost } from "./shared_filters.ts";

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
    for (const filter of filters.values()) {
      again.push(await renewFilter(connection, list, filter, tell));
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
 * @returns seconds after which to look again; new rules are noticed then too.
 */
async function renewFilter(
  connection: Connection,
  list: readonly Listed[],
  filter: Filter,
  tell: Tell,
): Promise<number> {
  try {
    if (!hasNames(readPolicy(filter))) return ROUND;
    const holder = holderOf(filter.name)!;
    const [kind, name] = "vm" in holder
      ? ["vm", holder.vm] as const
      : ["rules", holder.template] as const;
    const lock = () => tryLock(kind, name);
    const done = await renewHolder(connection, list, name, { lock });
    done.troubles.forEach((line) => tell(`${name}: ${line}`));
    if (done.written) tell(`${name}: addresses renewed`);
    // Who has the lock may have it for long.
    return done.busy ? ROUND : done.again ?? ROUND;
  } catch (error) {
    // One that is odd does not keep the others from being looked after.
    tell((error as Error).message);
    return ROUND;
  }
}
