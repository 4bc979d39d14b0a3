/** Closing addresses of names that nobody has renewed. */

import { holderOf } from "../firewall/filter_name.ts";
import { secondsNow, unexpired } from "../firewall/known_address.ts";
import { filterOf, type Policy, readPolicy } from "../firewall/policy.ts";
import type { Connection } from "../libvirt/connection.ts";
import { defineFilter } from "../libvirt/nwfilter.ts";
import type { Filter } from "../libvirt/nwfilter_xml.ts";
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

/** What the names in the rules of a filter were once is open no more. */
export async function closeExpired(
  connection: Connection,
  filter: Filter,
): Promise<void> {
  const policy = closed(readPolicy(filter), secondsNow());
  if (!policy) return;
  const holder = holderOf(filter.name);
  if (holder && "template" in holder) {
    return await writeShared(connection, holder.template, policy);
  }
  const what = `cannot close expired addresses in "${filter.name}"`;
  const call = await defineFilter(filterOf(filter.name, policy));
  await connection.virsh.must(what, call);
}
