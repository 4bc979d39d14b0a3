/** What a VM can be connected to, as it is typed. */

import { checkName, printable } from "../names/names.ts";

export type Choice =
  | { kind: "none" }
  | { kind: "nat" }
  /** Without a group, alone. */
  | { kind: "isolated"; group?: string }
  | { kind: "bridge"; bridge: string };

/** @throws {Error} with what is wrong. */
export function parseChoice(word: string): Choice {
  const [kind, name, ...more] = word.split(":");
  if (more.length > 0) throw unknown(word);
  if (kind === "none" && name === undefined) return { kind };
  if (kind === "nat" && name === undefined) return { kind };
  if (kind === "isolated") {
    if (name === undefined) return { kind };
    checkName(name);
    return { kind, group: name };
  }
  if (kind === "bridge" && name !== undefined) {
    return { kind, bridge: bridge(name) };
  }
  throw unknown(word);
}

function unknown(word: string): Error {
  return new Error(
    `${printable(word)} is none of none, nat, isolated, isolated:GROUP, ` +
      "bridge:BRIDGE",
  );
}

/** What the kernel takes as the name of an interface, without odd ones. */
function bridge(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(name)) return name;
  throw new Error(`${printable(name)} is not the name of a bridge`);
}

export function choiceText(choice: Choice): string {
  if (choice.kind === "bridge") return `bridge:${choice.bridge}`;
  return choice.kind === "isolated" && choice.group !== undefined
    ? `isolated:${choice.group}`
    : choice.kind;
}

const ALONE = "vms-isolated";
const GROUP = "vms-group-";

/** The libvirt network of an isolated VM, or of its group. */
export function isolatedNetwork(group: string | undefined): string {
  return group === undefined ? ALONE : `${GROUP}${group}`;
}

/** The choice that led to a network of that name; undefined for others. */
export function isolatedChoice(network: string): Choice | undefined {
  if (network === ALONE) return { kind: "isolated" };
  if (!network.startsWith(GROUP)) return;
  return { kind: "isolated", group: network.slice(GROUP.length) };
}
