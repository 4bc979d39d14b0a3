/** The names in the rules of a VM that starts: they may be elsewhere by now. */

import {
  holderOf,
  ownFilter,
  templateFilter,
} from "../firewall/filter_name.ts";
import { readPolicy } from "../firewall/policy.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Listed } from "../libvirt/domain.ts";
import { dumpFilter } from "../libvirt/nwfilter.ts";
import { type Filter, readFilter } from "../libvirt/nwfilter_xml.ts";
import type { Answer } from "../libvirt/virsh.ts";
import { tryLock } from "../lock/lock.ts";
import { asking, hasNames } from "./allowed_names.ts";
import { askLately } from "./asked_lately.ts";
import { closeExpired } from "./expired_addresses.ts";
import { type How, renewHolder } from "./renewal.ts";

/** For all names together: somebody waits for the VM. */
const SECONDS = 2;

/** In the place of the VM's lock, which the caller has. */
const FREE = { [Symbol.dispose]() {} };

export interface AtStart {
  /** Hears which names have no address; left out, the trace does. */
  warn?: (line: string) => void;
  ask?: How["ask"];
}

/**
 * Before a VM starts: ask again for the names in the rules that stand in front
 * of it. Where that cannot be done, what has expired is closed, somebody hears
 * so, and the start goes on. A dry run asks nobody. The VM's lock is the
 * caller's.
 */
export async function renewAtStart(
  connection: Connection,
  list: readonly Listed[],
  { name, template }: Pick<Listed, "name" | "template">,
  { warn = traced(connection), ask }: AtStart = {},
): Promise<void> {
  const source = template?.split("@")[0];
  const filters = [ownFilter(name), templateFilter(source)];
  const answers = await connection.virsh.batch(filters.map(dumpFilter));
  // The template's are not asked for where the VM has rules of its own.
  const front = answers[0]!.ok ? filters[0] : filters[1];
  for (const filter of answers.map(withNames)) {
    if (!filter) continue;
    const due = filter.name === front && !connection.virsh.dryRun &&
      !askLately(connection, filter.name);
    const fresh = due &&
      await renewed(connection, list, filter, { warn, ask });
    if (!fresh) await closeExpired(connection, filter);
  }
}

/** Undefined where nothing is to be asked for, or it is none of ours. */
function withNames({ ok, stdout }: Answer): Filter | undefined {
  if (!ok || !stdout.includes("allow ")) return;
  const filter = readFilter(stdout);
  // One with addresses of names that is odd is told of, and not started behind.
  if (stdout.includes("; until ")) return filter;
  try {
    return hasNames(readPolicy(filter)) ? filter : undefined;
  } catch {
    return undefined;
  }
}

/** @returns false where what has expired may be open still. */
async function renewed(
  connection: Connection,
  list: readonly Listed[],
  filter: Filter,
  { warn, ask }: AtStart & Required<Pick<AtStart, "warn">>,
): Promise<boolean> {
  const holder = holderOf(filter.name);
  // Those of the settings are nobody's to renew.
  if (!holder) return false;
  const isVm = "vm" in holder;
  const name = isVm ? holder.vm : holder.template;
  const tell = (why: string) => warn(warning(name, why));
  const how = {
    ask: ask ??
      ((gateway?: string) =>
        asking(gateway, performance.now() + SECONDS * 1000)),
    lock: () => isVm ? Promise.resolve(FREE) : tryLock("rules", name),
  };
  try {
    const { troubles, busy } = await renewHolder(connection, list, name, how);
    troubles.forEach(tell);
    if (busy) tell("another command is changing it");
    return !busy;
  } catch (error) {
    tell((error as Error).message);
    return false;
  }
}

function traced({ virsh }: Connection) {
  return (line: string) =>
    void virsh.run.skips({ trace: [`# ${line}`], changes: false });
}

function warning(name: string, why: string): string {
  return `not all names in the rules of "${name}" have their addresses of ` +
    `now: ${why}; try: vms-firewall ${name} refresh`;
}
