/** Which VMs may have shares: those whose memory is shared with the host. */

import { Failure } from "../command/failure.ts";
import {
  define,
  findListed,
  getDomain,
  listDomains,
} from "../libvirt/domain.ts";
import { hasSharedMemory, withSharedMemory } from "../libvirt/share_xml.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { mustStay } from "./record.ts";

/**
 * Allow a VM to have shares, or no longer, from its next start on.
 *
 * @returns false where there was nothing to change.
 * @throws {Failure} `missing`; `conflict` for what is not kept.
 */
export async function allowShares(
  virsh: Virsh,
  vm: string,
  allowed: boolean,
): Promise<boolean> {
  const { kind } = findListed(await listDomains(virsh), vm);
  const what = `cannot ${allowed ? "allow" : "deny"} "${vm}" shares`;
  if (kind === "template" || kind === "build") {
    throw new Failure("conflict", what, `it is a ${kind}`, "vms-list");
  }
  await mustStay(virsh, vm, what);
  const { xml } = await getDomain(virsh, vm, true);
  if (hasSharedMemory(xml) === allowed) return false;
  await virsh.must(what, define(withSharedMemory(xml, allowed)));
  return true;
}
