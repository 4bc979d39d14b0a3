/** The rules of a VM, or of the VMs of a template. */

import { Failure } from "../command/failure.ts";
import {
  ownFilter,
  sharedFilter,
  templateFilter,
} from "../firewall/filter_name.ts";
import {
  filterOf,
  MOST_RULES,
  type Policy,
  readPolicy,
} from "../firewall/policy.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  findListed,
  getDomain,
  type Listed,
} from "../libvirt/domain.ts";
import { cardXml, type NetworkCard } from "../libvirt/network_card.ts";
import {
  defineFilter,
  getFilter,
  undefineFilter,
} from "../libvirt/nwfilter.ts";
import { change, XML_FILE } from "../libvirt/virsh.ts";
import { newest } from "../template/versions.ts";
import { activate } from "./address.ts";
import { addressed, filtered, placeOfCard, type Spot } from "./network.ts";
import { onlyCard } from "./only_card.ts";
import { holding, isKept, scope } from "../vm/paused.ts";
import { initialPolicy, readyFilters, writeShared } from "./shared_filters.ts";

/** Who has rules. */
export interface Holder {
  name: string;
  /** Undefined for a template. */
  vm?: Listed;
  template?: string;
  /** Where it is; a VM without a network as if behind NAT. */
  spot: Spot;
  /** The card, of a VM that has one. */
  card?: NetworkCard;
}

/**
 * The VM or template of that name.
 *
 * @throws {Failure} `missing`, or `conflict` where it is none of ours.
 */
export async function findHolder(
  connection: Connection,
  list: readonly Listed[],
  name: string,
): Promise<Holder> {
  if (newest(list, name)) {
    const card = { name: connection.config.libvirt.network };
    const spot = await placeOfCard(connection, card);
    return { name, template: name, spot: { ...spot, place: "nat" } };
  }
  const vm = findListed([...list], name);
  const { xml } = await getDomain(connection.virsh, name);
  const card = onlyCard(name, xml);
  const spot: Spot = card
    ? await placeOfCard(connection, card)
    : { place: "nat" };
  return { name, vm, template: vm.template?.split("@")[0], spot, card };
}

/** The filter that is the holder's own. */
export function filterOfHolder({ name, vm }: Holder): string {
  return vm ? ownFilter(name) : templateFilter(name);
}

/** What holds for it: rules of its own, or those it shares. */
export async function readFirewall(
  connection: Connection,
  holder: Holder,
): Promise<{ policy: Policy; own: boolean }> {
  const { virsh } = connection;
  const filter = await getFilter(virsh, filterOfHolder(holder));
  if (filter) return { policy: readPolicy(filter), own: true };
  const shared = await getFilter(virsh, sharedOf(holder));
  if (shared) return { policy: readPolicy(shared), own: false };
  const { place } = holder.spot;
  return { policy: { ...initialPolicy(connection), place }, own: false };
}

/** The one in front of it: what is listed is what is enforced. */
function sharedOf({ card, spot, template }: Holder): string {
  const name = card?.filter?.name;
  return name?.startsWith("vms.") ? name : sharedFilter(spot.place, template);
}

/**
 * Enforce a policy. A VM that shared a filter until now is put behind its own,
 * and sends nothing in that moment.
 */
export async function writeFirewall(
  connection: Connection,
  holder: Holder,
  wanted: Policy,
): Promise<void> {
  const { virsh } = connection;
  // What it was made for may be where the VM was before.
  const policy = { ...wanted, place: holder.spot.place };
  refuseTooMany(holder, policy);
  await readyFilters(connection, policy.place, holder.template);
  if (!holder.vm) return await writeShared(connection, holder.name, policy);
  const name = filterOfHolder(holder);
  const what = `cannot change the firewall of "${holder.name}"`;
  const filter = filterOf(name, policy);
  await virsh.must(what, await defineFilter(filter));
  const { card } = holder;
  if (!card || card.filter?.name === name) return;
  const behind = { ...card, filter: { name, parameters: {} } };
  const ready = await addressed(connection, behind, holder.spot);
  await exchangeFilter(connection, holder, ready);
}

function refuseTooMany({ name }: Holder, { entries }: Policy) {
  if (entries.length <= MOST_RULES) return;
  throw new Failure(
    "conflict",
    `cannot change the firewall of "${name}"`,
    `${MOST_RULES} rules are the most`,
    `vms-firewall ${name} list`,
  );
}

async function exchangeFilter(
  { virsh }: Connection,
  { name, vm }: Holder,
  card: NetworkCard,
) {
  const on = scope(active(vm!.state), await isKept(virsh, name));
  if (active(vm!.state)) await activate({ virsh }, card);
  const what = `cannot put "${name}" behind its filter`;
  const words = ["update-device", ...on, "--", name, XML_FILE];
  await holding(virsh, name, async () => {
    await virsh.must(what, change(words, cardXml(card).text));
  });
}

/**
 * Forget the VM's own rules: those of its template hold again; or a template's:
 * those of the settings do.
 */
export async function resetFirewall(
  connection: Connection,
  holder: Holder,
): Promise<void> {
  const { virsh } = connection;
  if (!holder.vm) {
    // Not removed: its VMs, also those that are off, stand behind it.
    return await writeFirewall(connection, holder, initialPolicy(connection));
  }
  if (holder.card) {
    const shared = await filtered(connection, holder.card, holder.template);
    await exchangeFilter(connection, holder, shared);
  }
  await virsh.must(
    `cannot forget the rules of "${holder.name}"`,
    undefineFilter(filterOfHolder(holder)),
  );
}

/** A card that is put in a VM stands behind the VM's own filter, if any. */
export async function cardInFront(
  connection: Connection,
  vm: string,
  card: NetworkCard,
): Promise<NetworkCard> {
  const { virsh } = connection;
  const name = ownFilter(vm);
  const filter = await getFilter(virsh, name);
  if (!filter) return card;
  const spot = await placeOfCard(connection, card);
  const policy = { ...readPolicy(filter), place: spot.place };
  const what = `cannot change the firewall of "${vm}"`;
  await virsh.must(what, await defineFilter(filterOf(name, policy)));
  const { parameters = {} } = card.filter ?? {};
  return { ...card, filter: { name, parameters } };
}

/**
 * Give a new VM the rules of another.
 *
 * @returns the new VM's card.
 */
export async function inheritRules(
  connection: Connection,
  { from, to }: { from: string; to: string },
  card: NetworkCard | undefined,
): Promise<NetworkCard | undefined> {
  const { virsh } = connection;
  const filter = await getFilter(virsh, ownFilter(from));
  if (!filter) return card;
  const what = `cannot give "${to}" the rules of "${from}"`;
  await virsh.must(
    what,
    await defineFilter({ ...filter, name: ownFilter(to) }),
  );
  return card && await cardInFront(connection, to, card);
}
