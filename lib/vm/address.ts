/**
 * The address of a VM: this host reserves it with the network's DHCP server, so
 * that it is known before the VM says anything. docs/firewall.md says why it
 * is not learnt from the VM's traffic.
 */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getDomains, listDomains } from "../libvirt/domain.ts";
import {
  addHost,
  type DhcpHost,
  dumpNetwork,
  type Network,
  readLeases,
  readNetwork,
  removeHost,
} from "../libvirt/network.ts";
import { type NetworkCard, readCards } from "../libvirt/network_card.ts";
import { demand, look } from "../libvirt/virsh.ts";
import { newMac } from "./mac.ts";

/** Where so many are reserved, those of VMs that are gone are given up. */
const MANY = 128;

export interface Reserved {
  mac: string;
  ip: string;
}

/**
 * An address in a network, for that card or for a new one.
 *
 * @throws {Failure} `failed`, where none is free.
 */
export async function reserve(
  connection: Connection,
  network: string,
  mac?: string,
): Promise<Reserved> {
  const { virsh } = connection;
  const what = `cannot reserve an address in "${network}"`;
  for (let attempt = 0; attempt < 8; attempt++) {
    const { hosts, free } = await freeAddresses(connection, network);
    const known = hosts.find((one) => one.mac === mac);
    if (known) return known;
    if (free.length === 0) {
      throw new Failure(
        "failed",
        what,
        "none is free",
        `virsh net-edit ${network}`,
      );
    }
    const ip = chosen(free, mac);
    const host = { mac: mac ?? newMac(lastByte(ip)), ip };
    const answer = await virsh.try(addHost(network, host));
    if (answer.ok) return host;
    // Another command has taken it meanwhile.
    if (!/existing dhcp host entry/i.test(answer.error)) demand(what, answer);
  }
  throw new Failure("failed", what, "others were quicker each time", "again");
}

async function freeAddresses(connection: Connection, name: string) {
  const { virsh } = connection;
  const what = `cannot read the network "${name}"`;
  const [xml, leased] = await virsh.batch([
    dumpNetwork(name),
    look("net-dhcp-leases", name),
  ]);
  let network = readNetwork(demand(what, xml!));
  if (network.hosts.length >= MANY) {
    await giveUp(connection, network);
    network = readNetwork(await virsh.must(what, dumpNetwork(name)));
  }
  // One that is not active has no leases.
  const leases = readLeases(leased!.stdout);
  const taken = new Set([
    network.gateway,
    ...[...network.hosts, ...leases].map(({ ip }) => ip),
  ]);
  const free = network.addresses.filter((ip) => !taken.has(ip));
  return { hosts: network.hosts, free };
}

/** A card keeps its last number in every network, where that is free. */
function chosen(free: readonly string[], mac: string | undefined): string {
  const last = mac && parseInt(mac.slice(-2), 16);
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return free.find((ip) => lastByte(ip) === last) ??
    free[random! % free.length]!;
}

function lastByte(ip: string): number {
  return Number(ip.split(".")[3]);
}

/** True for what `reserve` makes: both end in the same number. */
function isOurs({ mac, ip }: DhcpHost): boolean {
  return mac.startsWith("52:54:00:") &&
    parseInt(mac.slice(-2), 16) === lastByte(ip);
}

/** Give up addresses whose VMs are gone. */
async function giveUp(connection: Connection, { name, hosts }: Network) {
  const { virsh } = connection;
  const list = await listDomains(virsh);
  const domains = await getDomains(virsh, list.map((one) => one.name));
  const macs = new Set(
    domains.flatMap(({ xml }) => readCards(xml)).map(({ mac }) => mac),
  );
  const idle = hosts.filter((host) => isOurs(host) && !macs.has(host.mac));
  // The newest may be of a VM that is being made.
  await virsh.batch(
    idle.slice(0, -8).map((host) => removeHost(name, host)),
  );
}

/** Give up the addresses of cards that are no more. */
export async function release(
  { virsh }: Connection,
  cards: readonly NetworkCard[],
): Promise<void> {
  await virsh.batch(cards.flatMap(({ kind, name, mac, filter }) => {
    const ip = filter?.parameters.IP;
    if (kind === "bridge" || !mac || !ip) return [];
    return [removeHost(name, { mac, ip })];
  }));
}
