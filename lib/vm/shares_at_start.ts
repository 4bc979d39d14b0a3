/** Shares that are kept with VMs, given to them when they start. */

import type { Context } from "../command/context.ts";
import type { Connection } from "../libvirt/connection.ts";
import { keptShares } from "../share/record.ts";

/** Give each what is kept for it once it has booted, by a process of its own. */
export async function restoreLater(
  { virsh }: Connection,
  { run, say }: Context,
  vms: readonly string[],
): Promise<void> {
  for (const vm of vms) {
    if ((await keptShares(virsh, vm)).length === 0) continue;
    if (run.detached(["vms-share", "restore", vm])) continue;
    say(`warning: its shares are not there yet: vms-share restore ${vm}`);
  }
}
