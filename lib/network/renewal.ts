/** Asking again for the names of one VM or template. */

import { secondsNow } from "../firewall/known_address.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Listed } from "../libvirt/domain.ts";
import type { Lock } from "../lock/lock.ts";
import {
  type Ask,
  asking,
  hasNames,
  type Renewal,
  renewNames,
} from "./allowed_names.ts";
import {
  findHolder,
  type Holder,
  readFirewall,
  writeFirewall,
} from "./firewall.ts";

export interface How {
  /** Where something is to be written; undefined: another command has it. */
  lock: (holder: Holder) => Promise<Lock | undefined>;
  /** Whom to ask, by the address of the network's name server. */
  ask?: (gateway: string | undefined) => Ask;
}

export interface Renewed extends Pick<Renewal, "again" | "troubles"> {
  written?: boolean;
  /** Another command changes it now, so nothing was written. */
  busy?: boolean;
}

/**
 * Ask again for the names in the rules of a VM or template. Its lock is taken
 * only where something is to be written: asking takes its time.
 */
export async function renewHolder(
  connection: Connection,
  list: readonly Listed[],
  name: string,
  { lock, ask = asking }: How,
): Promise<Renewed> {
  const holder = await findHolder(connection, list, name);
  const once = remembered(ask(holder.spot.gateway));
  const before = await renewalOf(connection, holder, once);
  if (!before) return { troubles: [] };
  const { troubles, again } = before;
  if (!before.changed) return { troubles, again };
  using held = await lock(holder);
  if (!held) return { troubles, again, busy: true };
  // Rules may have changed meanwhile, and the card.
  const now = await findHolder(connection, list, name);
  const renewal = await renewalOf(connection, now, once);
  if (!renewal?.changed) return { troubles, again };
  await writeFirewall(connection, now, renewal.policy);
  return { troubles, again, written: true };
}

/** Undefined where nothing is to be asked for. */
async function renewalOf(
  connection: Connection,
  holder: Holder,
  ask: Ask,
): Promise<Renewal | undefined> {
  const { policy, own } = await readFirewall(connection, holder);
  if (!own || !hasNames(policy)) return;
  return await renewNames(policy, ask, secondsNow());
}

/** Asks for each name once. */
function remembered(ask: Ask): Ask {
  const known = new Map<string, ReturnType<Ask>>();
  return (name) => {
    const answer = known.get(name) ?? ask(name);
    known.set(name, answer);
    return answer;
  };
}
