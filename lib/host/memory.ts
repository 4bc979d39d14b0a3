/** Memory of this machine: filesystems/proc.rst of Linux, meminfo. */

import { Failure } from "../command/failure.ts";
import type { Run } from "../process/run.ts";
import { kernelFiles, kibibyteFields } from "./kernel_files.ts";

/** Bytes. */
export interface HostMemory {
  total: number;
  /** What programs can be given before anything is swapped. */
  available: number;
  swapFree: number;
}

/** @throws {Failure} `host` where the kernel does not tell. */
export async function hostMemory(run: Run): Promise<HostMemory> {
  const path = "/proc/meminfo";
  const fields = kibibyteFields((await kernelFiles(run, [path])).get(path));
  const total = fields.get("MemTotal");
  const available = fields.get("MemAvailable");
  if (total === undefined || available === undefined) {
    const what = "cannot tell how much memory there is";
    throw new Failure("host", what, `${path} does not say`);
  }
  return { total, available, swapFree: fields.get("SwapFree") ?? 0 };
}
