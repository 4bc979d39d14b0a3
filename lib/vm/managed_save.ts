/** VMs that virsh saved as they ran: virsh(1), `managedsave`. */

import { Failure } from "../command/failure.ts";
import { look, type Virsh } from "../libvirt/virsh.ts";

/**
 * A VM that virsh saved goes on with the disks that it had then: others, or
 * the same as somebody else has changed them, would be ruined by it.
 *
 * @throws {Failure} `conflict`.
 */
export async function refuseSaved(
  virsh: Virsh,
  name: string,
  what: string,
): Promise<void> {
  const saved = await virsh.try(look("managedsave-dumpxml", "--", name));
  if (!saved.ok) return;
  const why = `virsh has saved "${name}" as it ran (managedsave)`;
  throw new Failure("conflict", what, why, `vms-start ${name}`);
}
