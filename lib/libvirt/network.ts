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

export function dumpNetwork(name: string, which: Which = "live"): Call {
  const inactive = which === "config" ? ["--inactive"] : [];
  return look("net-dumpxml", ...inactive, name);
}

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

/** The network as it runs, or as it will from its next start on. */
export type Which = "live" | "config";

/** Keep an address for somebody. `live` takes ten times as long. */
export function addHost(network: string, host: DhcpHost, which: Which): Call {
  return update(network, "add", host, which);
}

export function removeHost(
  network: string,
  host: DhcpHost,
  which: Which,
): Call {
  return update(network, "delete", host, which);
}

function update(
  network: string,
  verb: string,
  { mac, ip }: DhcpHost,
  which: Which,
): Call {
  const xml = el("host", { mac, ip }).text;
  return change([
    "net-update",
    network,
    verb,
    "ip-dhcp-host",
    xml,
    `--${which}`,
  ]);
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
  const answers = await virsh.batch(names.map((name) => dumpNetwork(name)));
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
