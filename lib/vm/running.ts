/** Changes of the state of VMs: what they need to be in before. */

import { Failure } from "../command/failure.ts";
import { findListed, type Listed, type State } from "../libvirt/domain.ts";

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
