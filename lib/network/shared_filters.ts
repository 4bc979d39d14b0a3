/** The filters that VMs share, made where they are not there yet. */

import { Failure } from "../command/failure.ts";
import { placeFilter, templateFilter } from "../firewall/filter_name.ts";
import { guards, HOST, reachable } from "../firewall/guard.ts";
import { filterOf, type Place, type Policy } from "../firewall/policy.ts";
import { parseRule } from "../firewall/rule.ts";
import { hostAddresses } from "../host/addresses.ts";
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
  const wanted = [
    ...guards(addresses(connection)),
    sharedFilter(connection, place, template),
  ];
  const there = await getFilters(virsh, wanted.map(({ name }) => name));
  for (const filter of wanted) {
    if (!there.has(filter.name)) await write(connection, filter);
  }
  const host = there.get(HOST);
  if (host) await renew(connection, host);
}

function sharedFilter(
  connection: Connection,
  place: Place,
  template: string | undefined,
): Filter {
  if (place !== "nat") {
    const policy: Policy = { place, default: "allow", entries: [] };
    return filterOf(placeFilter(place), policy);
  }
  return filterOf(templateFilter(template), initialPolicy(connection));
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
  const now = reachable(hostAddresses());
  const known = filter?.rules.map(({ match }) => `${match?.dstipaddr}`) ?? [];
  if (filter && reachable(known).join() === now.join()) return;
  const wanted = guards(now).find(({ name }) => name === HOST)!;
  await write(connection, wanted);
}

function addresses({ virsh }: Connection): string[] {
  return virsh.local ? hostAddresses() : [];
}
