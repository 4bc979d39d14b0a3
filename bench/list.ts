/** Listing one hundred VMs. */

import { type Finding, times } from "./finding.ts";
import { compiled } from "./compiled.ts";
import { runAll } from "./program.ts";
import { race } from "./race.ts";
import { forget, type Template } from "./world.ts";

const VMS = Array.from({ length: 100 }, (_, i) => `bench-list-${i}`);

export async function benchList(
  { name: source }: Template,
  rounds: number,
): Promise<Finding[]> {
  await runAll([["vms-clone", source, ...VMS]]);
  const list = (name: string, ...argv: string[]) => ({
    name,
    work: () => runAll([argv]),
  });
  try {
    const program = await compiled("vms-list");
    const [virsh, ...ours] = await race([
      list("virsh list --all", "virsh", "list", "--all"),
      list("vms-list of 100", "vms-list"),
      ...program ? [list("vms-list of 100, compiled", program)] : [],
    ], rounds);
    return ours.map((one) => times(one, virsh!, { atMost: 3 }));
  } finally {
    await forget(VMS);
  }
}
