/**
 * Images that outlive a power cut. Neither qemu-img convert, by which libvirt
 * copies volumes, nor vol-upload waits until the data is on the disk, while
 * `define` does so for the domain that points to it.
 */

import type { Pool } from "./volume.ts";

/**
 * Wait until what was written to the pool is on the disk; done before
 * something else is defined to rest on it, or deleted because it is there.
 * Where libvirt is another host's, that host decides.
 */
export async function syncPool(pool: Pool): Promise<void> {
  const { virsh } = pool;
  if (!virsh.local) return;
  const directory = await pool.directory();
  const one = ["sync", "--file-system", directory];
  const { code } = await virsh.run(one, { ok: [0, 1] });
  // It opens the directory, which libvirt lets only root read: else all of them.
  if (code !== 0) await virsh.run(["sync"]);
}
