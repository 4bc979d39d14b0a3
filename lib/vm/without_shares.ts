/** Work that cannot be done while a VM has folders of the host. */

import type { Virsh } from "../libvirt/virsh.ts";
import { hasShare } from "../share/attachment.ts";
import { listShares } from "../share/listing.ts";
import { undoing } from "../undo/undo.ts";
import {
  give,
  type Given,
  isAsJudged,
  mount,
  unmount,
  unplug,
} from "./give_share.ts";

/**
 * Take all shares of a VM away, do the work, and give each back as it was, also
 * where the work fails. What is kept for the VM stays so.
 *
 * @param warn hears which one could not be given back.
 * @throws {Failure} `conflict` where something in the VM uses one, `timeout`
 * where the VM does not let one go; the work is not done then.
 */
export async function withoutShares<T>(
  virsh: Virsh,
  vm: string,
  warn: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const all = await listShares(virsh, vm);
  // One may be mounted within another, which was there before it.
  const shares = all.filter(({ attached }) => attached).toReversed();
  await using undo = undoing();
  for (const share of shares) {
    await unmount(virsh, share);
    undo.add(() => giveBack(virsh, share, warn));
  }
  for (const share of shares) await unplug(virsh, share);
  return await work();
}

async function giveBack(
  virsh: Virsh,
  share: Given,
  warn: (line: string) => void,
) {
  try {
    if (await isPlugged(virsh, share)) return await mount(virsh, share);
    if (await isAsJudged(share, warn)) await give(virsh, share);
  } catch (error) {
    warn(`${share.path} is not given back: ${(error as Error).message}`);
  }
}

/** In a dry run it is still there, and is printed as if it were not. */
async function isPlugged(virsh: Virsh, { vm, path }: Given): Promise<boolean> {
  return !virsh.dryRun && await hasShare(virsh, vm, path);
}
