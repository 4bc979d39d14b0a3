/** What is told of a firewall. */

import { Failure } from "../command/failure.ts";
import type { Column } from "../command/output.ts";
import { meaning, type Policy } from "../firewall/policy.ts";
import { ruleText } from "../firewall/rule.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active } from "../libvirt/domain.ts";
import { look } from "../libvirt/virsh.ts";
import { ChildFailed } from "../process/result.ts";
import type { Holder } from "./firewall.ts";
import { refusals } from "./refused.ts";

export interface Row {
  rule: string;
  /** Undefined for the default. */
  number?: number;
  /** Of a rule to a name: what is open now. */
  addresses?: string[];
  /** Of the default: what it lets through. */
  means?: string;
}

export function rows(policy: Policy): Row[] {
  const rules = policy.entries.map(({ rule, known }, i): Row => ({
    rule: ruleText(rule),
    number: i + 1,
    addresses: known?.map(({ address }) => address),
  }));
  const rest = { rule: `default ${policy.default}`, means: meaning(policy) };
  return [...rules, rest];
}

export const COLUMNS: Column<Row>[] = [
  { header: "RULE", text: ({ rule }) => rule },
  { header: "N", text: ({ number }) => `${number ?? ""}` },
  {
    header: "OPEN NOW",
    text: ({ addresses, means }) =>
      means ?? (addresses?.join(" ") || (addresses ? "no address" : "")),
  },
];

/** A line of the log. */
export interface Noted {
  what: string;
  value: string;
}

/**
 * Addresses with the time at which they close, what the card counted, and what
 * was refused.
 */
export async function notes(
  connection: Connection,
  { name, vm, card }: Holder,
  policy: Policy,
): Promise<Noted[]> {
  const { virsh } = connection;
  const names = policy.entries.flatMap(({ rule, known = [] }) =>
    known.map(({ address, until }) => ({
      what: ruleText(rule),
      value: `${address} until ${new Date(until * 1000).toISOString()}`,
    }))
  );
  if (!card?.mac || !vm || !active(vm.state)) return names;
  const words = ["domifstat", name, card.mac];
  const text = await virsh.must(`cannot read "${name}"`, look(...words));
  return [
    ...names,
    ...counted(text),
    ...await refused(connection, name, card.mac),
  ];
}

/** The kernel shows its counters to root alone. */
async function refused(
  connection: Connection,
  name: string,
  mac: string,
): Promise<Noted[]> {
  const what = "refused";
  if (!connection.virsh.local) return [];
  if (Deno.uid() !== 0) {
    const value = `only root may see: sudo vms-firewall ${name} log`;
    return [{ what, value }];
  }
  const found = await refusals(connection, name, mac).catch((error) => {
    if (error instanceof ChildFailed || error instanceof Failure) return error;
    throw error;
  });
  if (found instanceof Error) {
    return [{ what, value: `cannot be read: ${found.message}` }];
  }
  if (found.length === 0) return [{ what, value: "nothing" }];
  return found.map(({ match, packets }) => ({
    what: match === "" ? "refused, the rest" : `refused ${match}`,
    value: `${packets} ${packets === 1 ? "packet" : "packets"}`,
  }));
}

/** libvirt counts from the VM's side: `tx` is what it sends. */
function counted(text: string): Noted[] {
  return [...text.matchAll(/^\S+ (rx|tx)_(bytes|packets|drop) (\d+)$/gm)]
    .map(([, way, what, value]) => ({
      what: `${way === "rx" ? "received" : "sent"} ${what}`,
      value: value!,
    }));
}

export const NOTE_COLUMNS: Column<Noted>[] = [
  { header: "WHAT", text: ({ what, value }) => `${what}: ${value}` },
];
