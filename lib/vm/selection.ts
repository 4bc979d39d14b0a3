/** VMs that a command is for, named or chosen by what they are. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { findListed, listDomains } from "../libvirt/domain.ts";

export interface Choice {
  /** All that run. */
  all?: boolean;
  /** All that run and rest on a version of that template. */
  template?: string;
}

/**
 * The names given, or of those that run and fit.
 *
 * @throws {Failure} `usage` for none or both, `missing` for a name.
 */
export async function chooseVms(
  { virsh }: Connection,
  names: readonly string[],
  { all = false, template }: Choice,
): Promise<string[]> {
  const chosen = all || template !== undefined;
  if (chosen === names.length > 0) {
    const why = chosen ? "names and --all exclude each other" : "needs a VM";
    throw new Failure("usage", "cannot choose VMs", why, "vms-list");
  }
  const list = await listDomains(virsh);
  if (!chosen) return names.map((name) => findListed(list, name).name);
  return list
    .filter(({ state, kind }) =>
      state === "running" && (kind === "appvm" || kind === "disposable")
    )
    .filter((one) =>
      template === undefined || one.template?.split("@")[0] === template
    )
    .map(({ name }) => name);
}
