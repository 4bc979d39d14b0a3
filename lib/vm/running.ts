/** The state of VMs: whether they run, and what they must be in to be changed. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  findListed,
  listDomains,
  type Listed,
  type State,
} from "../libvirt/domain.ts";

/**
 * The VMs of those names, which must be there and in one of the states.
 *
 * @throws {Failure} `missing` or `conflict`, for the first that is not.
 */
export function inState(
  list: readonly Listed[],
  names: readonly string[],
  want: { verb: string; states: State[]; hint: string },
): Listed[] {
  return names.map((name) => {
    const found = findListed([...list], name);
    if (want.states.includes(found.state)) return found;
    throw new Failure(
      "conflict",
      `cannot ${want.verb} "${name}"`,
      `it is ${found.state}`,
      `${want.hint} ${name}`,
    );
  });
}

/** True while the VM runs, is paused or shuts down. */
export async function isActive(
  { virsh }: Connection,
  name: string,
): Promise<boolean> {
  const list = await listDomains(virsh);
  return list.some((one) => one.name === name && active(one.state));
}
