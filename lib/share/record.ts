/** Shares that are kept with a VM: in the metadata of its domain. */

import { Failure } from "../command/failure.ts";
import { getDomain } from "../libvirt/domain.ts";
import { editMetadata } from "../libvirt/edit_metadata.ts";
import type { ShareRecord } from "../libvirt/metadata.ts";
import { look, type Virsh } from "../libvirt/virsh.ts";

/** Those of a VM. */
export async function keptShares(
  virsh: Virsh,
  vm: string,
): Promise<ShareRecord[]> {
  return (await getDomain(virsh, vm, true)).metadata?.shares ?? [];
}

/** Write them anew. */
export async function editShares(
  virsh: Virsh,
  vm: string,
  edit: (all: ShareRecord[]) => ShareRecord[],
): Promise<void> {
  const what = `cannot write down the shares of "${vm}"`;
  await editMetadata(virsh, vm, what, (metadata) => ({
    ...metadata,
    shares: edit(metadata.shares ?? []),
  }));
}

/** @throws {Failure} `conflict`, for a VM that is gone when it stops. */
export async function mustStay(
  virsh: Virsh,
  vm: string,
  what: string,
): Promise<void> {
  const transient = look("list", "--all", "--transient", "--name");
  const names = (await virsh.must(what, transient)).split("\n");
  if (!names.map((name) => name.trim()).includes(vm)) return;
  throw new Failure("conflict", what, "it is gone when it stops");
}
