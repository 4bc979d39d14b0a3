/**
 * Names in rules: the name server that VMs ask is asked for their addresses,
 * so both are told the same, from its cache.
 */

import type { DnsAnswer } from "../firewall/dns_message.ts";
import { differs, lifetime, renewed } from "../firewall/known_address.ts";
import { askNameServer } from "../firewall/name_server.ts";
import type { Entry, Policy } from "../firewall/policy.ts";
import { isName } from "../firewall/rule.ts";
import { hostAddresses } from "../host/addresses.ts";
import { printable } from "../names/names.ts";

export interface Renewal {
  policy: Policy;
  /** Whether it must be written. */
  changed: boolean;
  /** Seconds after which to look again; undefined where no rule has a name. */
  again?: number;
  /** What went wrong, a name each: the others hold. */
  troubles: string[];
}

/** Asks for a name; throws where there is no answer. */
export type Ask = (name: string) => Promise<DnsAnswer>;

/** Asks the name server at that address; those of the host do not count. */
export function asking(gateway: string | undefined): Ask {
  return async (name) => {
    if (gateway === undefined) {
      throw new Error("its network has no name server of this host");
    }
    const answer = await askNameServer(gateway, name);
    const own = hostAddresses();
    const addresses = answer.addresses.filter((one) => !own.includes(one));
    return { ...answer, addresses };
  };
}

export function hasNames({ entries }: Policy): boolean {
  return entries.some(({ rule }) => isName(rule.to));
}

/** Look after the addresses of all names at that time, in seconds since 1970. */
export async function renewNames(
  policy: Policy,
  ask: Ask,
  now: number,
): Promise<Renewal> {
  const troubles: string[] = [];
  const answers = new Map<string, DnsAnswer | undefined>();
  for (const { rule } of policy.entries) {
    if (!isName(rule.to) || answers.has(rule.to.name)) continue;
    const { name } = rule.to;
    const answer = await answerTo(ask, name, troubles);
    answers.set(name, answer);
  }
  const entries = policy.entries.map((entry): Entry => {
    const { rule: { to }, known = [] } = entry;
    if (!isName(to)) return entry;
    return { ...entry, known: renewed(known, answers.get(to.name), now) };
  });
  const times = [...answers.values()].map(lifetime);
  return {
    policy: { ...policy, entries },
    changed: entries.some(({ known = [] }, i) =>
      differs(policy.entries[i]!.known ?? [], known, now)
    ),
    again: times.length > 0 ? Math.min(...times) : undefined,
    troubles,
  };
}

async function answerTo(
  ask: Ask,
  name: string,
  troubles: string[],
): Promise<DnsAnswer | undefined> {
  try {
    const answer = await ask(name);
    if (renewed([], answer, 0).length > 0) return answer;
    const why = "it has no IPv4 address outside of this host and of private " +
      "networks; those are allowed by address";
    troubles.push(`${name}: ${why}`);
    return answer;
  } catch (error) {
    const why = (error as Error).message;
    troubles.push(`${name}: no answer: ${printable(why)}`);
  }
}
