/** Baking in the background, once new versions are published. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";

/** Nobody waits for it; without it VMs are booted. */
export function bakeLater(
  { virsh, config }: Connection,
  { run }: Context,
  versions: readonly string[],
): void {
  if (!config.warm.bake || !virsh.local || versions.length === 0) return;
  try {
    run.detached(["vms-warm", "bake", ...versions]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
