/** The processor of this host: proc_cpuinfo(5). */

import type { Run } from "../process/run.ts";

/** Maker, model, microcode and flags of the first one, as the kernel has them. */
export async function processor(run: Run): Promise<string> {
  const lines = "^(vendor_id|model name|microcode|flags)\\b";
  const argv = ["grep", "-E", "-m4", lines, "/proc/cpuinfo"];
  return (await run(argv, { changes: false, ok: [0, 1] })).stdout;
}
