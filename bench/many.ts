/** A program in many VMs at once, against the same in one of them. */

import { type Finding, times } from "./finding.ts";
import { answer, runAll, succeeds } from "./program.ts";
import { race } from "./race.ts";
import type { Template } from "./world.ts";

/** VMs at once. */
const MANY = 10;

export async function benchMany(
  { name }: Template,
  rounds: number,
): Promise<Finding[]> {
  const vms: string[] = [];
  const inside = (names: string[], ...argv: string[]) =>
    runAll([["vms-exec", `-j${MANY}`, ...names, "--", ...argv]]);
  try {
    for (let i = 0; i < MANY; i++) {
      vms.push(await answer("vms-dispose", "--detach", name));
      // A guest that still boots would be measured with it.
      await inside(vms.slice(-1), "systemctl", "is-system-running", "--wait");
    }
    const [all, one] = await race([
      { name: `vms-exec true in ${MANY} VMs`, work: () => inside(vms, "true") },
      { name: "in one", work: () => inside(vms.slice(0, 1), "true") },
    ], rounds);
    return [times(all!, one!, { atMost: MANY })];
  } finally {
    await succeeds("vms-stop", "--force", "--timeout=0", ...vms);
  }
}
