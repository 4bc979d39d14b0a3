/**
 * The package cache: `shared`, which every VM may read, and one directory per
 * VM that only this VM writes to.
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import type { Config } from "../lib/config/config.ts";

type CacheConfig = Config["cache"];

/** Directory with the packages that all VMs may use. */
export function sharedCache({ directory }: CacheConfig): string {
  return join(directory, "shared");
}

/** Directory of one VM's own packages. */
export function ownCache({ directory }: CacheConfig, vm: string): string {
  return join(directory, vm);
}

/**
 * The two directories that a VM is given while it installs packages; its own
 * one is made.
 *
 * @throws {Failure} `host`, where the host is not prepared.
 */
export async function cacheFor(
  config: CacheConfig,
  vm: string,
): Promise<{ shared: string; own: string }> {
  const own = ownCache(config, vm);
  try {
    await Deno.stat(config.shared);
    await Deno.mkdir(own, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new Failure(
      "host",
      "cannot use the package cache",
      (error as Error).message,
      "vms-doctor --repair",
    );
  }
  return { shared: config.shared, own };
}
