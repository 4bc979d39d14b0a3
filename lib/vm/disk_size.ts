/** Sizes of disks that cannot be meant. */

import { Failure } from "../command/failure.ts";
import type { Pool } from "../libvirt/volume.ts";
import { humanSize } from "../names/values.ts";

/**
 * A disk that could never be filled is a slip of the finger.
 *
 * @throws {Failure} `usage`, for more bytes than the pool has in all.
 */
export async function refuseLargerThanPool(
  pool: Pool,
  bytes: number | undefined,
): Promise<void> {
  if (bytes === undefined) return;
  const { capacity } = await pool.space();
  if (bytes <= capacity) return;
  throw new Failure(
    "usage",
    `cannot make a disk of ${humanSize(bytes)}`,
    `the storage pool "${pool.name}" has ${humanSize(capacity)} in all`,
    "df -h",
  );
}
