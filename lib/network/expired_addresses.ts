/** Closing addresses of names that nobody has renewed. */

import { holderOf } from "../firewall/filter_name.ts";
import { secondsNow, unexpired } from "../firewall/known_address.ts";
import { filterOf, type Policy, readPolicy } from "../firewall/policy.ts";
import type { Connection } from "../libvirt/connection.ts";
import { defineFilter, getFilter } from "../libvirt/nwfilter.ts";
import type { Filter } from "../libvirt/nwfilter_xml.ts";
import { tryLock } from "../lock/lock.ts";
import { writeShared } from "./shared_filters.ts";

/** The same without what has expired; undefined where nothing has. */
export function closed(policy: Policy, now: number): Policy | undefined {
  const entries = policy.entries.map((entry) =>
    entry.known ? { ...entry, known: unexpired(entry.known, now) } : entry
  );
  const late = entries.some(({ known }, i) =>
    known?.length !== policy.entries[i]!.known?.length
  );
  return late ? { ...policy, entries } : undefined;
}

/**
 * What the names in the rules of a filter were once is open no more. A
 * template's is left as it is while another command changes it. A VM's lock is
 * the caller's.
 *
 * @param seen the filter as it was a while ago.
 */
export async function closeExpired(
  connection: Connection,
  seen: Filter,
): Promise<void> {
  if (!closed(readPolicy(seen), secondsNow())) return;
  const holder = holderOf(seen.name);
  if (!holder || "vm" in holder) return await closeOne(connection, seen.name);
  using held = await tryLock("rules", holder.template);
  if (!held) return;
  const policy = await closedNow(connection, seen.name);
  if (policy) await writeShared(connection, holder.template, policy);
}

async function closeOne(connection: Connection, name: string): Promise<void> {
  const policy = await closedNow(connection, name);
  if (!policy) return;
  const what = `cannot close expired addresses in "${name}"`;
  const call = await defineFilter(filterOf(name, policy));
  await connection.virsh.must(what, call);
}

/** Read again: rules that came meanwhile must not be lost. */
async function closedNow(
  { virsh }: Connection,
  name: string,
): Promise<Policy | undefined> {
  const filter = await getFilter(virsh, name);
  return filter && closed(readPolicy(filter), secondsNow());
}
