/** Work that cannot be done while a VM has folders of the host. */

import { Failure } from "../command/failure.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { hasShare, PATIENCE, waitUntilDetached } from "../share/attachment.ts";
import { listShares, type Share } from "../share/listing.ts";
import { undoing } from "../undo/undo.ts";
import {
  give,
  isAsJudged,
  isStill,
  mount,
  refuseRemote,
  unmount,
  unplug,
} from "./give_share.ts";

/**
 * Take all shares of a VM away, do the work, and give each back as it was, also
 * where the work fails. What is kept for the VM stays so.
 *
 * @param warn hears which one could not be given back.
 * @param patience seconds until the VM must have let one go.
 * @throws {Failure} `conflict` where something in the VM uses one or nobody
 * could say whether it may be given back, `host` where that is another one's
 * folder, `timeout` where the VM does not let one go; the work is not done then.
 */
export async function withoutShares<T>(
  virsh: Virsh,
  vm: string,
  warn: (line: string) => void,
  work: () => Promise<T>,
  patience = PATIENCE,
): Promise<T> {
  const all = await listShares(virsh, vm);
  // One may be mounted within another, which was there before it.
  const shares = all.filter(({ attached }) => attached).toReversed();
  await demandReturnable(virsh, vm, shares);
  const lent = shares.map((share) => ({ share, asked: false }));
  await using undo = undoing();
  // Where a signal ends the command, this goes on while all is given back.
  const over = new AbortController();
  for (const one of lent) {
    await unmount(virsh, one.share);
    undo.add(() => {
      over.abort(ended(vm));
      return giveBack(virsh, one, warn, patience);
    });
    over.signal.throwIfAborted();
  }
  for (const one of lent) {
    one.asked = true;
    await unplug(virsh, one.share, patience);
    over.signal.throwIfAborted();
  }
  return await work();
}

function ended(vm: string): Failure {
  const what = `cannot take shares of "${vm}" away`;
  return new Failure("failed", what, "the command was ended");
}

/** Known before any is taken: afterwards it would be too late. */
async function demandReturnable(
  virsh: Virsh,
  vm: string,
  shares: readonly Share[],
) {
  if (shares.length === 0) return;
  refuseRemote(virsh, `cannot give "${vm}" its shares back`, "vms-snapshot");
  for (const { folder } of shares) await isStill(folder);
}

interface Lent {
  share: Share;
  /** The VM was asked to let it go, and does so when it likes. */
  asked: boolean;
}

async function giveBack(
  virsh: Virsh,
  lent: Lent,
  warn: (line: string) => void,
  patience: number,
) {
  const { share } = lent;
  try {
    if (await isPlugged(virsh, lent, patience)) {
      return await mount(virsh, share);
    }
    if (await isAsJudged(share, warn)) await give(virsh, share);
  } catch (error) {
    warn(`${share.path} is not given back: ${(error as Error).message}`);
  }
}

/** Whether the VM has it and will: a mount of what still goes would be lost. */
async function isPlugged(
  virsh: Virsh,
  { share, asked }: Lent,
  patience: number,
): Promise<boolean> {
  // In a dry run it is still there, and is printed as if it were not.
  if (virsh.dryRun) return false;
  if (!asked) return await hasShare(virsh, share.vm, share.path);
  const gone = waitUntilDetached(virsh, share, patience);
  return await gone.then(() => false, () => true);
}
