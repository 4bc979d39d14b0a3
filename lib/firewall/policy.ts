/**
 * What may leave a VM, and the libvirt filter that holds it to that. The
 * filter is the only place where rules are kept: a rule's text is the comment
 * of what enforces it. docs/firewall.md says why all of it is at the level of
 * Ethernet frames and without state.
 */

import { Failure } from "../command/failure.ts";
import type { Filter, FilterRule } from "../libvirt/nwfilter_xml.ts";
import { LOCAL, type Network } from "./address.ts";
import { BRIDGE_GUARD, GUARD } from "./guard.ts";
import type { KnownAddress } from "./known_address.ts";
import {
  type Default,
  isName,
  parseRule,
  type Rule,
  ruleText,
} from "./rule.ts";

/**
 * Where the VM is: behind the host's NAT, in a group without a way out, alone
 * without any, or on a bridge of the host's own network.
 */
export type Place = "nat" | "isolated" | "alone" | "bridge";

/** A rule, and of one to a name the addresses that are open now. */
export interface Entry {
  rule: Rule;
  known?: KnownAddress[];
}

export interface Policy {
  place: Place;
  default: Default;
  entries: Entry[];
}

/** libvirt has room for 1000; each also costs a VM time to start. */
export const MOST_RULES = 200;

const PRIORITY = { rules: 1, local: 700, rest: 800, mark: 900 };

/** The filter that enforces a policy. */
export function filterOf(name: string, policy: Policy): Filter {
  const rules = policy.entries.flatMap((entry, i) =>
    rulesOf(entry, PRIORITY.rules + i)
  );
  return {
    name,
    includes: [policy.place === "bridge" ? BRIDGE_GUARD : GUARD],
    rules: [...rules, ...restOf(policy), mark(policy)],
  };
}

function rulesOf({ rule, known = [] }: Entry, priority: number): FilterRule[] {
  const comment = ruleText(rule);
  const { to } = rule;
  const make = (network: Network | undefined, says: string) =>
    enforcing(rule, network, priority, says);
  if (to === "any") return [make(undefined, comment)];
  if (!isName(to)) return [make(to, comment)];
  return [
    nothing(priority, comment),
    ...known.map(({ address, until }) =>
      make({ address, prefix: 32 }, `${comment}; until ${until}`)
    ),
  ];
}

function enforcing(
  { action, protocol, ports }: Rule,
  network: Network | undefined,
  priority: number,
  comment: string,
): FilterRule {
  return {
    action: action === "allow" ? "accept" : "drop",
    direction: "out",
    priority,
    protocol: "ip",
    match: {
      protocol: protocol === "any" ? undefined : protocol,
      ...destination(network),
      dstportstart: ports?.from,
      dstportend: ports?.to,
      comment,
    },
  };
}

function destination(network: Network | undefined) {
  if (!network || network.prefix === 0) return {};
  return { dstipaddr: network.address, dstipmask: network.prefix };
}

/** Keeps a text, and drops only what no VM can send. */
function nothing(priority: number, comment: string): FilterRule {
  return {
    action: "drop",
    direction: "out",
    priority,
    protocol: "ip",
    match: { srcipaddr: "0.0.0.0", dstipaddr: "0.0.0.0", comment },
  };
}

/** What the default lets through: the internet, the group, or the network. */
function restOf(policy: Policy): FilterRule[] {
  // Who is alone shares a network with others who are: this host would hand on
  // to them what is sent to its MAC address.
  if (policy.default === "deny" || policy.place === "alone") return [];
  const rule = (
    action: FilterRule["action"],
    priority: number,
    match: FilterRule["match"],
  ): FilterRule => ({
    action,
    direction: "out",
    priority,
    protocol: "ip",
    match,
  });
  const all = rule("accept", PRIORITY.rest, {});
  if (policy.place === "bridge") return [all];
  if (policy.place === "nat") {
    const local = LOCAL.map((network) =>
      rule("drop", PRIORITY.local, destination(network))
    );
    return [...local, all];
  }
  return [
    rule("drop", PRIORITY.local, { dstipaddr: "$GATEWAY" }),
    rule("accept", PRIORITY.rest, { dstipaddr: "$GATEWAY", dstipmask: 24 }),
  ];
}

function mark({ place, default: rest }: Policy): FilterRule {
  return nothing(PRIORITY.mark, `default ${rest}; ${place}`);
}

/**
 * The policy that a filter was made of.
 *
 * @throws {Failure} `conflict`, for a filter that is not like ours.
 */
export function readPolicy(filter: Filter): Policy {
  const policy: Policy = { place: "nat", default: "deny", entries: [] };
  let last = "";
  for (const { match } of inOrder(filter.rules)) {
    const [text, more] = (match?.comment ?? "").toString().split("; ");
    if (!text) continue;
    const [word, rest] = text.split(" ");
    if (word === "default") {
      policy.default = rest as Default;
      policy.place = more as Place;
    } else if (more === undefined || text !== last) {
      policy.entries.push(readEntry(filter.name, text));
      last = text;
    }
    const until = /^until (\d+)$/.exec(more ?? "")?.[1];
    if (until !== undefined) {
      const address = String(match!.dstipaddr);
      policy.entries.at(-1)!.known!.push({ address, until: Number(until) });
    }
  }
  return policy;
}

/** libvirt keeps the order of those that have the same priority. */
function inOrder(rules: readonly FilterRule[]): FilterRule[] {
  return rules.toSorted((a, b) => a.priority - b.priority);
}

function readEntry(filter: string, text: string): Entry {
  try {
    const rule = parseRule(text.split(" "));
    return isName(rule.to) ? { rule, known: [] } : { rule };
  } catch (error) {
    const why = `it has a rule that is not one of vms: ${
      (error as Error).message
    }`;
    const what = `cannot read the filter "${filter}"`;
    throw new Failure(
      "conflict",
      what,
      why,
      `virsh nwfilter-dumpxml ${filter}`,
    );
  }
}

/** Rules and default, as they are typed. */
export function policyLines({ entries, default: rest }: Policy): string[] {
  return [...entries.map(({ rule }) => ruleText(rule)), `default ${rest}`];
}

/** Where the default ends, in words. */
export function meaning({ place, default: rest }: Policy): string {
  if (rest === "deny") return "nothing else";
  return {
    nat: "the internet, not this host and private networks",
    isolated: "the VMs of its group, not this host",
    alone: "nothing, it is alone",
    bridge: "everything but this host",
  }[place];
}
