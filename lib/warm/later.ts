/** Baking in the background, once new versions are published. */

import type { Context } from "../command/context.ts";
import type { Connection } from "../libvirt/connection.ts";

/** Nobody waits for it; without it VMs are booted. */
export function bakeLater(
  { virsh, config }: Connection,
  { run }: Context,
  versions: readonly string[],
): void {
  if (!config.warm.bake || !virsh.local || versions.length === 0) return;
  run.detached(["vms-warm", "bake", ...versions]);
}
