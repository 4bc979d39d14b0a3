/** VMs of one template share its names: a command that starts many asks once. */

import type { Connection } from "../libvirt/connection.ts";

/** In milliseconds. No address that was answered expires as soon. */
const LATELY = 60_000;

/** When a command, which has one connection, asked for the names of a filter. */
const times = new WeakMap<Connection, Map<string, number>>();

/** Whether that was lately; if not, it is now. */
export function askLately(connection: Connection, filter: string): boolean {
  const asked = times.get(connection) ?? new Map<string, number>();
  times.set(connection, asked);
  const now = performance.now();
  if (now - (asked.get(filter) ?? -Infinity) < LATELY) return true;
  asked.set(filter, now);
  return false;
}
