/** What a VM is connected to: its card, and the filter in front of that. */

import { Failure } from "../command/failure.ts";
import { sharedFilter } from "../firewall/filter_name.ts";
import type { Place } from "../firewall/policy.ts";
import { hostAddresses } from "../host/addresses.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getNetwork, makeNetwork, type Network } from "../libvirt/network.ts";
import type { NetworkCard } from "../libvirt/network_card.ts";
import {
  type Choice,
  choiceText,
  isolatedChoice,
  isolatedNetwork,
  parseChoice,
} from "./network_choice.ts";
import { reserve } from "./address.ts";
import { readyFilters } from "./shared_filters.ts";
import { freeSubnet } from "./subnet.ts";

/** Where a card leads. */
export interface Spot {
  place: Place;
  /** The host's address there, which has DHCP and names. */
  gateway?: string;
}

/** Where a network of libvirt leads. */
export function placeOf({ name, forward, gateway, addresses }: Network): Spot {
  // Where libvirt gives no addresses, nobody here knows whose is whose.
  if (addresses.length === 0) return { place: "bridge" };
  const place = forward === undefined ? withoutWayOut(name) : "nat";
  return { place, gateway };
}

function withoutWayOut(network: string): Place {
  return network === isolatedNetwork(undefined) ? "alone" : "isolated";
}

/** Where a card leads. */
export async function placeOfCard(
  { virsh }: Connection,
  { kind, name }: NetworkCard,
): Promise<Spot> {
  if (kind === "bridge") return { place: "bridge" };
  const network = await getNetwork(virsh, name);
  if (network) return placeOf(network);
  // It would be made, were this no dry run.
  if (isolatedChoice(name)) return { place: withoutWayOut(name) };
  throw noSuchNetwork(name);
}

function noSuchNetwork(name: string): Failure {
  return new Failure(
    "missing",
    `cannot find the network "${name}"`,
    "libvirt has none of that name",
    "vms-doctor --repair",
  );
}

/**
 * The card of a new VM, or of one that is to be connected anew.
 *
 * @param word as `vms-net` takes it, or the name of a network of libvirt.
 * @returns undefined for none.
 */
export async function cardFor(
  connection: Connection,
  word: string,
  { template, mac }: { template?: string; mac?: string } = {},
): Promise<NetworkCard | undefined> {
  const choice = choiceOf(word);
  if (choice?.kind === "none") return;
  const card = await plainCard(connection, choice, word);
  return await filtered(connection, { ...card, mac }, template);
}

function choiceOf(word: string): Choice | undefined {
  try {
    return parseChoice(word);
  } catch {
    // The name of a network of libvirt.
  }
}

async function plainCard(
  connection: Connection,
  choice: Choice | undefined,
  word: string,
): Promise<NetworkCard> {
  if (choice?.kind === "bridge") {
    return { kind: "bridge", name: choice.bridge };
  }
  if (choice?.kind === "isolated") {
    const name = isolatedNetwork(choice.group);
    await readyIsolated(connection, name);
    return { name, isolated: choice.group === undefined };
  }
  const { network } = connection.config.libvirt;
  return { name: choice ? network : word };
}

/** The same card behind the filter that VMs of a template have there. */
export async function filtered(
  connection: Connection,
  card: NetworkCard,
  template?: string,
): Promise<NetworkCard> {
  const at = await placeOfCard(connection, card);
  const source = template?.split("@")[0];
  await readyFilters(connection, at.place, source);
  const name = sharedFilter(at.place, source);
  return await addressed(connection, {
    // Behind NAT VMs do not see each other.
    isolated: at.place === "nat",
    ...card,
    filter: { name, parameters: {} },
  }, at);
}

/** The same card with the address that it must send from. */
export async function addressed(
  connection: Connection,
  card: NetworkCard & { filter: { name: string } },
  { place, gateway }: Spot,
): Promise<NetworkCard> {
  const { name } = card.filter;
  // The DHCP server there is not this host's.
  if (place === "bridge" || gateway === undefined) {
    return { ...card, filter: { name, parameters: { GATEWAY: "0.0.0.0" } } };
  }
  const { mac, ip } = await reserve(connection, card.name, card.mac);
  const parameters = { IP: ip, GATEWAY: gateway };
  return { ...card, mac, filter: { name, parameters } };
}

async function readyIsolated(connection: Connection, name: string) {
  const { virsh } = connection;
  if (await getNetwork(virsh, name)) return;
  const own = virsh.local ? hostAddresses() : [];
  const subnet = await freeSubnet(virsh, own);
  await makeNetwork(virsh, { name, subnet, isolated: true });
}

/** What a VM is connected to, as `vms-net` takes it. */
export function networkText(
  { config }: Connection,
  card: NetworkCard | undefined,
): string {
  if (!card) return "none";
  if (card.kind === "bridge") return `bridge:${card.name}`;
  if (card.name === config.libvirt.network) return "nat";
  const choice = isolatedChoice(card.name);
  return choice ? choiceText(choice) : card.name;
}
