/** The network that an installation downloads over. */

import { Failure } from "../command/failure.ts";
import { getNetwork } from "../libvirt/network.ts";
import type { Virsh } from "../libvirt/virsh.ts";

/**
 * Refuse one that libvirt does not have, before anything is made.
 *
 * @throws {Failure} `missing`.
 */
export async function refuseUnknownNetwork(
  virsh: Virsh,
  name: string,
): Promise<void> {
  if (await getNetwork(virsh, name)) return;
  throw new Failure(
    "missing",
    `cannot find the network "${name}"`,
    "libvirt has none of that name",
    "virsh net-list --all",
  );
}
