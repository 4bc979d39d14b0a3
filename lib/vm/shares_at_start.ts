/** Shares that are kept with VMs, given to them when they start. */

import type { Context } from "../command/context.ts";
import type { Connection } from "../libvirt/connection.ts";
import { printable } from "../names/names.ts";
import { isGone } from "../share/listing.ts";
import { keptShares } from "../share/record.ts";

/** Give each what is kept for it once it has booted, by a process of its own. */
export async function restoreLater(
  { virsh }: Connection,
  { run, warn }: Context,
  vms: readonly string[],
): Promise<void> {
  for (const vm of vms) {
    const kept = await keptShares(virsh, vm);
    if (kept.length === 0) continue;
    for (const { path, folder } of kept) {
      // Nobody hears that process.
      if (!await isGone(virsh, folder)) continue;
      warn(`${vm} is without ${path}: ${printable(folder)} is gone`);
    }
    if (run.detached(["vms-share", "restore", vm])) continue;
    warn(`its shares are not there yet: vms-share restore ${vm}`);
  }
}
