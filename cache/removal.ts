/** Removing what lies in the cache, as far as this user may. */

import type { Context } from "../lib/command/context.ts";
import type { Config } from "../lib/config/config.ts";
import { printable } from "../lib/names/names.ts";
import { ownCache, SHARED } from "./layout.ts";

export interface Removal {
  removed: string[];
  /** What could not be removed, and why. */
  failed: { path: string; why: string }[];
}

/** Remove files and directories. Links are removed, not what they lead to. */
export async function remove(
  paths: string[],
  { say, dryRun }: Pick<Context, "say" | "dryRun">,
  { removed, failed }: Removal,
): Promise<void> {
  for (const path of paths) {
    if (dryRun) {
      say(`would remove ${printable(path)}`);
      continue;
    }
    try {
      await Deno.remove(path, { recursive: true });
      removed.push(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      if (error instanceof Deno.errors.NotCapable) throw error;
      const why = error instanceof Deno.errors.PermissionDenied
        ? "permission denied"
        : (error as Error).message;
      failed.push({ path, why });
    }
  }
}

/**
 * Remove the directories of VMs that were destroyed: whoever has their name next
 * would find there what their guests wrote. What a guest wrote as root into
 * directories of its own takes root to remove; that is told.
 */
export async function removeOwn(
  config: Config["cache"],
  context: Pick<Context, "say" | "warn" | "dryRun">,
  vms: readonly string[],
): Promise<void> {
  for (const vm of vms.filter((name) => name !== SHARED)) {
    const path = ownCache(config, vm);
    // Who may not look has never started a VM with a cache.
    if (!await Deno.lstat(path).catch(() => undefined)) continue;
    const result: Removal = { removed: [], failed: [] };
    await remove([path], context, result);
    for (const { why } of result.failed) {
      context.warn(`${path} stays: ${why}; try: sudo vms-cache clean ${vm}`);
    }
  }
}
