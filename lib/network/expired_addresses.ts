/** Closing addresses of names that nobody has renewed. */

import { ownFilter, templateFilter } from "../firewall/filter_name.ts";
import { secondsNow, unexpired } from "../firewall/known_address.ts";
import { filterOf, type Policy, readPolicy } from "../firewall/policy.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Listed } from "../libvirt/domain.ts";
import { defineFilter, dumpFilter } from "../libvirt/nwfilter.ts";
import { readFilter } from "../libvirt/nwfilter_xml.ts";

/** The same without what has expired; undefined where nothing has. */
export function closed(policy: Policy, now: number): Policy | undefined {
  const entries = policy.entries.map((entry) =>
    entry.known ? { ...entry, known: unexpired(entry.known, now) } : entry
  );
  const late = entries.some(({ known }, i) =>
    known?.length !== policy.entries[i]!.known?.length
  );
  return late ? { ...policy, entries } : undefined;
}

/** Before a VM starts: what its names were when it last ran is open no more. */
export async function closeExpired(
  { virsh }: Connection,
  { name, template }: Pick<Listed, "name" | "template">,
): Promise<void> {
  const filters = [ownFilter(name), templateFilter(template?.split("@")[0])];
  const answers = await virsh.batch(filters.map(dumpFilter));
  for (const { ok, stdout } of answers) {
    if (!ok || !stdout.includes("; until ")) continue;
    const filter = readFilter(stdout);
    const policy = closed(readPolicy(filter), secondsNow());
    if (!policy) continue;
    const what = `cannot close expired addresses of "${name}"`;
    await virsh.must(what, await defineFilter(filterOf(filter.name, policy)));
  }
}
