/** The XML of network filters: https://libvirt.org/formatnwfilter.html */

import { el, type Xml } from "../xml/element.ts";
import { readXml, XmlElement } from "../xml/read.ts";

/** `out` is what the VM sends. */
export type Direction = "in" | "out" | "inout";

export interface FilterRule {
  action: "accept" | "drop" | "return";
  direction: Direction;
  /** From -1000 to 1000; the lowest is looked at first. */
  priority: number;
  /** What it is about; all traffic without it. */
  protocol?: "mac" | "arp" | "ip";
  /** Attributes of the protocol, such as `dstipaddr`. */
  match?: Record<string, string | number | undefined>;
}

export interface Filter {
  name: string;
  /** Left out for `root`. */
  chain?: string;
  /** Of the chain, among the rules of `root`. */
  priority?: number;
  /** Names of filters that it includes. */
  includes: string[];
  rules: FilterRule[];
}

/** The filter; `uuid` is that of the one whose place it takes. */
export function filterXml(filter: Filter, uuid: string): string {
  const { name, chain, priority, includes, rules } = filter;
  return el(
    "filter",
    { name, chain: chain ?? "root", priority },
    el("uuid", {}, uuid),
    includes.map((one) => el("filterref", { filter: one })),
    rules.map(ruleXml),
  ).text;
}

function ruleXml(rule: FilterRule): Xml {
  const { action, direction, priority, protocol, match } = rule;
  const what = protocol && el(protocol, match ?? {});
  return el("rule", { action, direction, priority }, what);
}

/** What `virsh nwfilter-dumpxml` prints. */
export function readFilter(xml: string): Filter {
  const root = readXml(xml);
  const elements = root.children.filter((child) => child instanceof XmlElement);
  return {
    name: root.attributes.name!,
    chain: root.attributes.chain,
    includes: elements.filter(({ name }) => name === "filterref")
      .map(({ attributes }) => attributes.filter!),
    rules: elements.filter(({ name }) => name === "rule").map(readRule),
  };
}

function readRule(rule: XmlElement): FilterRule {
  const { action, direction, priority } = rule.attributes;
  const what = rule.children.find((child) => child instanceof XmlElement);
  return {
    action: action as FilterRule["action"],
    direction: direction as Direction,
    priority: Number(priority),
    protocol: what?.name as FilterRule["protocol"],
    match: what?.attributes,
  };
}

/** Names of filters are given IDs of their own: one name, one UUID. */
export async function filterUuid(name: string): Promise<string> {
  const data = new TextEncoder().encode(`urn:vms:filter:${name}`);
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-1", data));
  // RFC 9562, 5.5: a hash of a name.
  bytes[6] = bytes[6]! & 0x0f | 0x50;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  return bytes.slice(0, 16).toHex()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
