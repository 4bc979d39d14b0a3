/** Names for new VMs. */

import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import { newest } from "../template/versions.ts";

/**
 * Refuse names that cannot be given.
 *
 * @throws {Failure} `conflict`.
 */
export function refuseTaken(list: readonly Listed[], names: string[]) {
  names.forEach((name, i) => {
    const refuse = (why: string, hint: string) =>
      new Failure("conflict", `cannot make "${name}"`, why, hint);
    if (names.indexOf(name) !== i) {
      throw refuse("the name is given twice", "vms-list");
    }
    if (list.some((one) => one.name === name)) {
      throw refuse("a VM of that name exists", "vms-list");
    }
    // As a source the name would mean the one or the other.
    if (newest(list, name)) {
      throw refuse("a template of that name exists", "vms-template list");
    }
  });
}
