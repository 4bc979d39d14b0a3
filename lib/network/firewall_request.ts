/** Doing what somebody asked of a firewall. */

import { Failure } from "../command/failure.ts";
import { secondsNow } from "../firewall/known_address.ts";
import type { Entry, Policy } from "../firewall/policy.ts";
import type { Request } from "../firewall/request.ts";
import { isName, ruleText } from "../firewall/rule.ts";
import type { Connection } from "../libvirt/connection.ts";
import { asking, hasNames, renewNames } from "./allowed_names.ts";
import {
  type Holder,
  readFirewall,
  resetFirewall,
  writeFirewall,
} from "./firewall.ts";

/**
 * Change the rules as asked.
 *
 * @param say hears of names that have no address.
 */
export async function changeFirewall(
  connection: Connection,
  holder: Holder,
  request: Request,
  say: (line: string) => void,
): Promise<void> {
  const { policy, own } = await readFirewall(connection, holder);
  if (request.does === "reset") {
    if (own) await resetFirewall(connection, holder);
    return;
  }
  const wanted = changed(holder, policy, request);
  const named = hasNames(wanted) && request.does !== "remove";
  if (!named) return await writeFirewall(connection, holder, wanted);
  const ask = asking(holder.spot.gateway);
  const renewal = await renewNames(wanted, ask, secondsNow());
  await writeFirewall(connection, holder, renewal.policy);
  renewal.troubles.forEach(say);
}

function changed(holder: Holder, policy: Policy, request: Request): Policy {
  switch (request.does) {
    case "add":
      return { ...policy, entries: added(holder, policy, request) };
    case "remove":
      return { ...policy, entries: left(holder, policy, request) };
    case "default":
      return { ...policy, default: request.default };
    default:
      return policy;
  }
}

function added(
  { name }: Holder,
  { entries }: Policy,
  { rule }: Request & { does: "add" },
): Entry[] {
  const text = ruleText(rule);
  if (entries.some((entry) => ruleText(entry.rule) === text)) {
    throw new Failure(
      "conflict",
      `cannot add "${text}" to "${name}"`,
      "it has that rule",
      `vms-firewall ${name} list`,
    );
  }
  return [...entries, isName(rule.to) ? { rule, known: [] } : { rule }];
}

function left(
  { name }: Holder,
  { entries }: Policy,
  { numbers }: Request & { does: "remove" },
): Entry[] {
  const absent = numbers.find((number) => number > entries.length);
  if (absent !== undefined) {
    throw new Failure(
      "missing",
      `cannot remove rule ${absent} of "${name}"`,
      entries.length === 0
        ? "it has no rules"
        : `its rules are 1 to ${entries.length}`,
      `vms-firewall ${name} list`,
    );
  }
  return entries.filter((_, i) => !numbers.includes(i + 1));
}
