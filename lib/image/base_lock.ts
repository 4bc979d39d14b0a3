/** What a layer is being put on is not deleted meanwhile. */

import { type Lock, lock } from "../lock/lock.ts";
import { ownerOf } from "./names.ts";

/** Wait for the lock of what an image belongs to, and hold it until the layer on that image is there. */
export function lockBase(path: string): Promise<Lock> {
  return lock("layer", ownerOf(path.split("/").at(-1)!), { wait: true });
}
