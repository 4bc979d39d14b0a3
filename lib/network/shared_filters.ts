/** The filters that VMs share, made where they are not there yet. */

import { Failure } from "../command/failure.ts";
import { sharedFilter, templateFilter } from "../firewall/filter_name.ts";
import { guards, HOST, isAsWanted, reachable } from "../firewall/guard.ts";
import {
  filterOf,
  type Place,
  type Policy,
  readPolicy,
} from "../firewall/policy.ts";
import { parseRule } from "../firewall/rule.ts";
import { hostDestinations } from "../host/addresses.ts";
import type { Connection } from "../libvirt/connection.ts";
import { defineFilter, getFilter, getFilters } from "../libvirt/nwfilter.ts";
import type { Filter } from "../libvirt/nwfilter_xml.ts";

/** Make the filters that VMs of a template need at that place. */
export async function readyFilters(
  connection: Connection,
  place: Place,
  template: string | undefined,
): Promise<void> {
  const { virsh } = connection;
  const base = guards(addresses(connection));
  const rules = templateFilter(template);
  // Elsewhere they are those behind NAT, so these are there too.
  const shared = [...new Set([rules, sharedFilter(place, template)])];
  const names = [...base.map(({ name }) => name), ...shared];
  const there = await getFilters(virsh, names);
  // Also those that an older vms made.
  const stale = base.filter((one) => !isAsWanted(there.get(one.name), one));
  for (const filter of stale) await write(connection, filter);
  const lacking = shared.filter((name) => !there.has(name));
  if (lacking.length > 0) {
    const policy = policyOr(connection, there.get(rules));
    for (const name of lacking) {
      const at = name === rules ? "nat" : place;
      await write(connection, filterOf(name, { ...policy, place: at }));
    }
  }
  const host = there.get(HOST);
  if (host) await renew(connection, host);
}

/** What a filter holds; without one, what the settings say. */
function policyOr(connection: Connection, filter: Filter | undefined): Policy {
  return filter ? readPolicy(filter) : initialPolicy(connection);
}

/** Change what VMs of a template share, at every place where some have been. */
export async function writeShared(
  connection: Connection,
  template: string,
  policy: Policy,
): Promise<void> {
  const elsewhere = (["isolated", "alone", "bridge"] as const)
    .map((place) => ({ place, name: sharedFilter(place, template) }));
  const names = elsewhere.map(({ name }) => name);
  const there = await getFilters(connection.virsh, names);
  for (const { place, name } of elsewhere) {
    if (!there.has(name)) continue;
    await change(connection, template, filterOf(name, { ...policy, place }));
  }
  // Last: once it is written, no other is behind it.
  const nat = filterOf(templateFilter(template), { ...policy, place: "nat" });
  await change(connection, template, nat);
}

async function change(
  { virsh }: Connection,
  template: string,
  filter: Filter,
): Promise<void> {
  const what = `cannot change the firewall of "${template}"`;
  await virsh.must(what, await defineFilter(filter));
}

/** What the settings say of VMs whose template has no rules. */
export function initialPolicy({ config }: Connection): Policy {
  const { default: rest, rules } = config.firewall;
  try {
    const entries = rules.map((text) => ({ rule: parseRule(text.split(" ")) }));
    return { place: "nat", default: rest, entries };
  } catch (error) {
    const why = (error as Error).message;
    throw new Failure("usage", "cannot read [firewall] of the settings", why);
  }
}

async function write({ virsh }: Connection, filter: Filter) {
  const what = `cannot make the filter "${filter.name}"`;
  await virsh.must(what, await defineFilter(filter));
}

/** Addresses of the host come and go. */
export async function renewHost(connection: Connection): Promise<void> {
  await renew(connection, await getFilter(connection.virsh, HOST));
}

async function renew(connection: Connection, filter: Filter | undefined) {
  if (!connection.virsh.local) return;
  const now = reachable(hostDestinations());
  const known = filter?.rules.map(({ match }) => `${match?.dstipaddr}`) ?? [];
  if (filter && reachable(known).join() === now.join()) return;
  const wanted = guards(now).find(({ name }) => name === HOST)!;
  await write(connection, wanted);
}

function addresses({ virsh }: Connection): string[] {
  return virsh.local ? hostDestinations() : [];
}
