/**
 * The package cache: `shared`, which every VM may read, and one directory per
 * VM that only this VM writes to.
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import type { Share } from "../lib/libvirt/domain_xml.ts";
import type { Config } from "../lib/config/config.ts";

type CacheConfig = Config["cache"];

/** What no VM's directory can be called. */
export const SHARED = "shared";

/** Directory with the packages that all VMs may use. */
export function sharedCache({ directory }: CacheConfig): string {
  return join(directory, SHARED);
}

/**
 * Directory of one VM's own packages.
 *
 * @throws {Failure} `usage` for the one name that would make it the shared one.
 */
export function ownCache({ directory }: CacheConfig, vm: string): string {
  if (vm !== SHARED) return join(directory, vm);
  throw new Failure(
    "usage",
    `cannot give "${vm}" a package cache`,
    "the cache that all VMs share has that name",
  );
}

/** The same as shares, under the tags that guest/firstboot/cache mounts. */
export async function cacheShares(
  config: CacheConfig,
  vm: string,
): Promise<Share[]> {
  const { shared, own } = await cacheFor(config, vm);
  return [
    { tag: "pkg-shared", directory: shared },
    { tag: "pkg-vm", directory: own },
  ];
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
    // Whoever of the group made it, all may publish from it and clean it.
    await Deno.chmod(own, 0o2775).catch(() => {});
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
