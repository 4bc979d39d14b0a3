/**
 * What a VM sent and was not let through: what libvirt's own ebtables rules of
 * its card have counted since it was started or its rules changed. ebtables(8).
 */

import type { Connection } from "../libvirt/connection.ts";
import { readTable } from "../libvirt/table.ts";
import { look } from "../libvirt/virsh.ts";

export interface Refused {
  /** As ebtables prints what it is about; empty for all that is left. */
  match: string;
  packets: number;
}

/** The tables of all cards, with counters. */
const LIST = ["ebtables", "--concurrent", "-t", "nat", "-L", "--Lc"];

/**
 * By rule, those that refused something.
 *
 * @throws {Failure} where libvirt does not know the card.
 * @throws {ChildFailed} where ebtables does not answer, as for ordinary users.
 */
export async function refusals(
  { virsh }: Connection,
  name: string,
  mac: string,
): Promise<Refused[]> {
  const what = `cannot read "${name}"`;
  const cards = readTable(await virsh.must(what, look("domiflist", name)));
  const tap = cards.find(({ MAC }) => MAC === mac)?.Interface;
  const { stdout } = await virsh.run(LIST, { changes: false });
  return readRefusals(stdout, tap ?? "-");
}

const CHAIN = /^Bridge chain: ([^,]+),/;
const DROPPED = /^(.*)-j DROP , pcnt = (\d+) /;

/** Those in the chains of what that card sends. */
export function readRefusals(text: string, tap: string): Refused[] {
  const found: Refused[] = [];
  let chain = "";
  for (const line of text.split("\n")) {
    chain = CHAIN.exec(line)?.[1] ?? chain;
    if (chain !== `libvirt-I-${tap}` && !chain.startsWith(`I-${tap}-`)) {
      continue;
    }
    const [, match, count] = DROPPED.exec(line) ?? [];
    const packets = Number(count ?? 0);
    if (packets > 0) found.push({ match: meaning(match!, chain), packets });
  }
  return found;
}

/** The one chain beside the first lets only the VM's own address through. */
function meaning(match: string, chain: string): string {
  if (match.trim() !== "") return match.trim();
  return chain.endsWith("-ipv4-src") ? "not from its own address" : "";
}
