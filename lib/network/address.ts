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

/** How many are given up at a time. */
const AT_ONCE = 16;

export interface Reserved {
  mac: string;
  ip: string;
}

/**
 * An address in a network, for that card or for a new one. `activate` must
 * follow before a VM runs.
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
    // By the session: a process of its own is slow.
    const [answer] = await virsh.batch([addHost(network, host, "config")]);
    if (answer!.ok) return host;
    // Another command has taken it meanwhile.
    if (!/existing dhcp host entry/i.test(answer!.error)) demand(what, answer!);
  }
  throw new Failure("failed", what, "others were quicker each time", "again");
}

async function freeAddresses(connection: Connection, name: string) {
  const { virsh } = connection;
  const what = `cannot read the network "${name}"`;
  const [live, kept, leased] = await virsh.batch([
    dumpNetwork(name),
    dumpNetwork(name, "config"),
    look("net-dhcp-leases", name),
  ]);
  const present = readNetwork(demand(what, live!));
  let network = readNetwork(demand(what, kept!));
  if (network.hosts.length >= MANY) {
    await giveUp(connection, network, present);
    const anew = await virsh.must(what, dumpNetwork(name, "config"));
    network = readNetwork(anew);
  }
  // One that is not active has no leases.
  const leases = readLeases(leased!.stdout);
  const taken = new Set([
    network.gateway,
    ...[...network.hosts, ...present.hosts, ...leases].map(({ ip }) => ip),
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

/** Give up addresses whose VMs are gone; somebody waits, so not all at once. */
async function giveUp(
  connection: Connection,
  { name, hosts }: Network,
  present: Network,
) {
  const { virsh } = connection;
  const list = await listDomains(virsh);
  const domains = await getDomains(virsh, list.map((one) => one.name));
  const macs = new Set(
    domains.flatMap(({ xml }) => readCards(xml)).map(({ mac }) => mac),
  );
  const idle = hosts.filter((host) => isOurs(host) && !macs.has(host.mac));
  // The newest may be of a VM that is being made.
  const gone = idle.slice(0, -8).slice(0, AT_ONCE);
  await virsh.batch(gone.map((host) => removeHost(name, host, "config")));
  // To tell the running server takes long: only of those that it knows.
  const known = new Set(present.hosts.map(({ mac }) => mac));
  const live = gone.filter(({ mac }) => known.has(mac));
  await virsh.batch(live.map((host) => removeHost(name, host, "live")));
}

/** Let the DHCP server give a card its address, from now on. */
export async function activate(
  { virsh }: Pick<Connection, "virsh">,
  card: NetworkCard | undefined,
): Promise<void> {
  const host = card && hostOf(card);
  if (!host) return;
  const what = `cannot give out ${host.ip} in "${card.name}"`;
  const answer = await virsh.try(dumpNetwork(card.name));
  // One that is not there stops the start with better words.
  if (!answer.ok) return;
  const { hosts } = readNetwork(answer.stdout);
  if (hosts.some(({ mac, ip }) => mac === host.mac && ip === host.ip)) return;
  await virsh.mustAll(what, [addHost(card.name, host, "live")]);
}

/** Give up the addresses of cards that are no more. */
export async function release(
  { virsh }: Connection,
  cards: readonly NetworkCard[],
): Promise<void> {
  for (const card of cards) {
    const host = hostOf(card);
    if (!host) continue;
    const [live] = await virsh.batch([
      dumpNetwork(card.name),
      removeHost(card.name, host, "config"),
    ]);
    // Of a VM that never ran it does not know.
    if (!live!.stdout.includes(host.mac)) continue;
    await virsh.try(removeHost(card.name, host, "live"));
  }
}

function hostOf({ kind, mac, filter }: NetworkCard): DhcpHost | undefined {
  const ip = filter?.parameters.IP;
  return kind !== "bridge" && mac && ip ? { mac, ip } : undefined;
}
