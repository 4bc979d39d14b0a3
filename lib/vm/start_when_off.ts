/** Starting those VMs of several that are off. */

import type { Connection } from "../libvirt/connection.ts";
import { findListed, listDomains } from "../libvirt/domain.ts";
import type { Share } from "../libvirt/domain_xml.ts";
import { lockAll } from "../lock/lock.ts";
import { start, startable } from "./start.ts";

export interface StartOptions {
  /** What each is given for this one time. */
  sharesOf?: (name: string) => Promise<Share[]>;
  /** Hears what hinders no start. */
  warn: (line: string) => void;
}

/**
 * Start those that are off, under their locks: others may be making or starting them.
 *
 * @returns the names of those that were off.
 * @throws {Failure} `conflict` where one cannot be started; then none is.
 */
export async function startWhenOff(
  connection: Connection,
  names: readonly string[],
  { sharesOf, warn }: StartOptions,
): Promise<string[]> {
  using _held = await lockAll("vm", [...names]);
  const list = await listDomains(connection.virsh);
  const off = names.filter((name) => startable(findListed(list, name)));
  for (const name of off) {
    await start(connection, list, name, await sharesOf?.(name), warn);
  }
  return off;
}
