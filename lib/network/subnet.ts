/** Which addresses a new network of libvirt is given. */

import { Failure } from "../command/failure.ts";
import { getNetworks } from "../libvirt/network.ts";
import type { Virsh } from "../libvirt/virsh.ts";

/** libvirt's own `default` has 122, also where it is not active yet. */
const FIRST = 150;

/**
 * The third number of a 192.168.N.0/24 that libvirt does not have.
 *
 * @param others addresses and networks that it must keep clear of as well.
 * @throws {Failure} where all are taken.
 */
export async function freeSubnet(
  virsh: Virsh,
  others: readonly string[],
): Promise<number> {
  const networks = await getNetworks(virsh);
  const taken = [...others, ...networks.map(({ gateway }) => gateway ?? "")];
  for (let subnet = FIRST; subnet < 254; subnet++) {
    const prefix = `192.168.${subnet}.`;
    if (!taken.some((address) => address.startsWith(prefix))) return subnet;
  }
  throw new Failure(
    "failed",
    "cannot make a network",
    `all from 192.168.${FIRST} on are taken`,
    "virsh net-list --all",
  );
}
