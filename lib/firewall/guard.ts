/**
 * What holds for every VM, whatever its rules: no address but its own, no
 * IPv6, and of this host only what `OF_THE_HOST` says.
 *
 * `$MAC` is libvirt's. `$IP`, which the network's DHCP server keeps for the VM,
 * and `$GATEWAY` are given with the card; on a bridge nobody knows them.
 */

import type { Filter, FilterRule } from "../libvirt/nwfilter_xml.ts";
import { isIpv4 } from "./address.ts";

/** What of this host a VM sees whatever its default, in the words of the pages; on a bridge less. */
export const OF_THE_HOST = "DHCP and names";

export const GUARD = "vms.guard";
export const BRIDGE_GUARD = "vms.guard.bridge";
const SOURCE = "vms.source";
export const HOST = "vms.host";

/** Filters that all others rest on, those that others include first. */
export function guards(hostAddresses: readonly string[]): Filter[] {
  return [source(), host(hostAddresses), guard(), bridgeGuard()];
}

/**
 * False for a guard that is not there or has other rules. What rules match is
 * not compared: libvirt says that in words of its own. Nor is `HOST`, whose
 * rules change with the addresses of the host.
 */
export function isAsWanted(there: Filter | undefined, wanted: Filter): boolean {
  if (!there) return false;
  return wanted.name === HOST || order(there) === order(wanted);
}

/** What it includes, what rules do and when, however they are listed. */
function order({ includes, rules }: Filter): string {
  const all = rules.map(({ action, direction, priority }) =>
    `${priority} ${direction} ${action}`
  );
  return [...includes, ...all].sort().join();
}

/** Packets bear the VM's own address. */
function source(): Filter {
  return {
    name: SOURCE,
    chain: "ipv4-src",
    priority: -600,
    includes: [],
    rules: [
      rule("return", "out", 1, "ip", { srcipaddr: "$IP" }),
      rule("drop", "out", 2, "mac", {}),
    ],
  };
}

/**
 * The addresses of this host, which may lie anywhere: on a bridge also in the
 * VM's own network. Rules of the VM come before, the default behind.
 */
function host(addresses: readonly string[]): Filter {
  return {
    name: HOST,
    includes: [],
    rules: reachable(addresses).map((dstipaddr) =>
      rule("drop", "out", 600, "ip", { dstipaddr })
    ),
  };
}

/** Those that somebody else can send to. */
export function reachable(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].filter((one) =>
    isIpv4(one) && !one.startsWith("127.")
  ).sort();
}

function guard(): Filter {
  return {
    name: GUARD,
    includes: [SOURCE, HOST],
    rules: [...mac(), ...arp(), ...dhcp(), ...names(), ...ends()],
  };
}

/** Which IPv4 address a VM has on a bridge, only its network knows. */
function bridgeGuard(): Filter {
  const arp = rule("accept", "inout", -800, "mac", { protocolid: "arp" });
  return {
    name: BRIDGE_GUARD,
    includes: [HOST],
    rules: [...mac(), arp, ...dhcp(), ...ends()],
  };
}

function mac(): FilterRule[] {
  return [
    rule("drop", "out", -900, "mac", { match: "no", srcmacaddr: "$MAC" }),
    rule("drop", "out", -850, "arp", { match: "no", arpsrcmacaddr: "$MAC" }),
  ];
}

function arp(): FilterRule[] {
  return [
    rule("accept", "out", -800, "arp", { arpsrcipaddr: "$IP" }),
    // Asking whether somebody has the address: RFC 5227, 2.1.
    rule("accept", "out", -800, "arp", { arpsrcipaddr: "0.0.0.0", opcode: 1 }),
    rule("accept", "in", -800, "mac", { protocolid: "arp" }),
  ];
}

function dhcp(): FilterRule[] {
  const client = { protocol: "udp", srcportstart: 68, dstportstart: 67 };
  const server = { protocol: "udp", srcportstart: 67 };
  return [
    rule("accept", "out", -700, "ip", {
      srcipaddr: "0.0.0.0",
      dstipaddr: "255.255.255.255",
      ...client,
    }),
    // A VM gives no addresses to others.
    rule("drop", "out", -550, "ip", server),
    rule("accept", "out", -500, "ip", { dstipaddr: "$GATEWAY", ...client }),
  ];
}

/** Behind the VM's own rules, which may forbid it. */
function names(): FilterRule[] {
  return ["udp", "tcp"].map((protocol) =>
    rule("accept", "out", 590, "ip", {
      dstipaddr: "$GATEWAY",
      protocol,
      dstportstart: 53,
    })
  );
}

function ends(): FilterRule[] {
  return [
    // What comes without having been asked for gets no answer out.
    rule("accept", "in", -400, "mac", { protocolid: "ipv4" }),
    { action: "drop", direction: "inout", priority: 1000 },
  ];
}

function rule(
  action: FilterRule["action"],
  direction: FilterRule["direction"],
  priority: number,
  protocol: FilterRule["protocol"],
  match: FilterRule["match"],
): FilterRule {
  return { action, direction, priority, protocol, match };
}
