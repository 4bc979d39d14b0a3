/** Networks: what libvirt has, and how one is made. */

import { el } from "../xml/element.ts";
import {
  attribute,
  children,
  find,
  readXml,
  textOf,
  type XmlElement,
} from "../xml/read.ts";
import { type NetworkSpec, networkXml } from "./network_xml.ts";
import { readTable } from "./table.ts";
import {
  type Call,
  change,
  demand,
  look,
  type Virsh,
  XML_FILE,
} from "./virsh.ts";

/** Of a network's addresses, so many are looked at. */
const LARGEST = 1024;

export interface Network {
  name: string;
  /** `nat`, `route`, `bridge` and others; undefined for an isolated one. */
  forward?: string;
  /** Such as `virbr0`. */
  bridge?: string;
  /** The host's IPv4 address in it. */
  gateway?: string;
  /** IPv4 addresses that its DHCP server may give. */
  addresses: string[];
  /** Those that it keeps for somebody. */
  hosts: DhcpHost[];
}

export interface DhcpHost {
  mac: string;
  ip: string;
}

export const dumpNetwork = (name: string) => look("net-dumpxml", name);

export function readNetwork(xml: string): Network {
  const root = readXml(xml);
  const forward = find(root, "forward");
  const ip = children(root, "ip").find(({ attributes }) =>
    (attributes.family ?? "ipv4") === "ipv4"
  );
  return {
    name: textOf(root, "name")!,
    forward: forward && (forward.attributes.mode ?? "nat"),
    bridge: attribute(root, "bridge", "name"),
    gateway: ip?.attributes.address,
    addresses: ip ? addressesOf(ip) : [],
    hosts: ip ? hostsOf(ip) : [],
  };
}

function addressesOf(ip: XmlElement): string[] {
  const range = find(ip, "dhcp/range")?.attributes;
  if (!range?.start || !range.end) return [];
  const first = toNumber(range.start);
  const length = toNumber(range.end) - first + 1;
  return Array.from(
    { length: Math.min(Math.max(length, 0), LARGEST) },
    (_, i) => toAddress(first + i),
  );
}

function hostsOf(ip: XmlElement): DhcpHost[] {
  const dhcp = find(ip, "dhcp");
  return dhcp
    ? children(dhcp, "host").map(({ attributes }) => ({
      mac: (attributes.mac ?? "").toLowerCase(),
      ip: attributes.ip ?? "",
    }))
    : [];
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256)
    .join(".");
}

/** Keep an address for somebody, from now on. */
export function addHost(network: string, host: DhcpHost): Call {
  return change([
    "net-update",
    network,
    "add",
    "ip-dhcp-host",
    ...hostWords(host),
  ]);
}

export function removeHost(network: string, host: DhcpHost): Call {
  return change([
    "net-update",
    network,
    "delete",
    "ip-dhcp-host",
    ...hostWords(host),
  ]);
}

function hostWords({ mac, ip }: DhcpHost): string[] {
  return [el("host", { mac, ip }).text, "--live", "--config"];
}

/** What `virsh net-dhcp-leases` prints. */
export function readLeases(text: string): DhcpHost[] {
  return [...text.matchAll(/ ([0-9a-f:]{17}) +ipv4 +([0-9.]+)\//g)]
    .map(([, mac, ip]) => ({ mac: mac!, ip: ip! }));
}

/** Undefined where there is none of that name. */
export async function getNetwork(
  virsh: Virsh,
  name: string,
): Promise<Network | undefined> {
  const answer = await virsh.try(dumpNetwork(name));
  if (/failed to get network|network not found/i.test(answer.error)) return;
  return readNetwork(demand(`cannot read the network "${name}"`, answer));
}

/** All networks, also those that are not active. */
export async function getNetworks(virsh: Virsh): Promise<Network[]> {
  const what = "cannot list networks";
  const text = await virsh.must(what, look("net-list", "--all"));
  const names = readTable(text).map(({ Name }) => Name!);
  const answers = await virsh.batch(names.map(dumpNetwork));
  return answers.filter(({ ok }) => ok).map(({ stdout }) =>
    readNetwork(stdout)
  );
}

/** Make a network, start it, and have it start with the host. */
export async function makeNetwork(
  virsh: Virsh,
  spec: NetworkSpec,
): Promise<void> {
  const what = `cannot make the network "${spec.name}"`;
  const xml = networkXml(spec);
  await virsh.must(what, change(["net-define", XML_FILE], xml));
  await virsh.must(what, change(["net-start", spec.name]));
  await virsh.must(what, change(["net-autostart", spec.name]));
}
