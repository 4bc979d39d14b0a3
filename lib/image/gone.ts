/** Images that VMs rest on and that somebody deleted. */

import type { Virsh } from "../libvirt/virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import { missingImage } from "./chain.ts";

/** The first image of these chains that is gone; undefined where all are there. */
export async function firstGone(
  virsh: Virsh,
  volumes: readonly Volume[],
  paths: readonly string[],
): Promise<string | undefined> {
  for (const path of paths) {
    const missing = missingImage(volumes, path);
    if (missing && await isGone(virsh, missing)) return missing;
  }
}

/** Images also lie outside the pool. */
async function isGone({ local }: Virsh, path: string): Promise<boolean> {
  if (!local) return true;
  return await Deno.stat(path).then(
    () => false,
    (error) => error instanceof Deno.errors.NotFound,
  );
}
