/**
 * Names in rules: the name server that VMs ask is asked for their addresses,
 * so both are told the same, from its cache.
 */

import type { DnsAnswer } from "../firewall/dns_message.ts";
import { differs, nextAsk, renewed } from "../firewall/known_address.ts";
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

/** As many are asked for at the same time. */
const AT_ONCE = 8;

/** Seconds for one answer. */
const PATIENCE = 5;

/**
 * Asks the name server at that address; those of the host do not count.
 *
 * @param end when all must be answered, as `performance.now()` counts.
 */
export function asking(gateway: string | undefined, end = Infinity): Ask {
  return async (name) => {
    if (gateway === undefined) {
      throw new Error("its network has no name server of this host");
    }
    const left = Math.min(PATIENCE, (end - performance.now()) / 1000);
    if (left <= 0) throw new Error("others took all the time there was");
    const seconds = Math.round(left * 10) / 10;
    const answer = await askNameServer(gateway, name, { seconds });
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
  const names = namesIn(policy);
  const said = await several(names, (name) => answerTo(ask, name));
  const answers = new Map(names.map((name, i) => [name, said[i]!.answer]));
  const entries = policy.entries.map((entry): Entry => {
    const { rule: { to }, known = [] } = entry;
    if (!isName(to)) return entry;
    return { ...entry, known: renewed(known, answers.get(to.name), now) };
  });
  const times = [...answers.values()].map(nextAsk);
  return {
    policy: { ...policy, entries },
    changed: entries.some(({ known = [] }, i) =>
      differs(policy.entries[i]!.known ?? [], known, now)
    ),
    again: times.length > 0 ? Math.min(...times) : undefined,
    troubles: said.flatMap(({ trouble }) => trouble ?? []),
  };
}

/** Each once, in the order of the rules. */
function namesIn({ entries }: Policy): string[] {
  const all = entries.map(({ rule: { to } }) => isName(to) ? [to.name] : []);
  return [...new Set(all.flat())];
}

/** Some at the same time; the name server takes no more than twenty. */
async function several<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const done: R[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < items.length) {
      const at = next++;
      done[at] = await work(items[at]!);
    }
  }));
  return done;
}

async function answerTo(
  ask: Ask,
  name: string,
): Promise<{ answer?: DnsAnswer; trouble?: string }> {
  try {
    const answer = await ask(name);
    if (renewed([], answer, 0).length > 0) return { answer };
    const why = "it has no IPv4 address outside of this host and of private " +
      "networks; those are allowed by address";
    return { answer, trouble: `${name}: ${why}` };
  } catch (error) {
    const why = (error as Error).message;
    return { trouble: `${name}: no answer: ${printable(why)}` };
  }
}
