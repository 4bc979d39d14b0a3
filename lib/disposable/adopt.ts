/**
 * A disposable that is to be kept is an AppVM from before it is shut down:
 * whoever waits to remove it leaves it then, also where keeping it fails, or is
 * killed.
 */

import { Failure } from "../command/failure.ts";
import { volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, type Domain, relabel } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { onlyCard } from "../network/only_card.ts";
import { undoing } from "../undo/undo.ts";
import { domainOfVm } from "../vm/domain_of_vm.ts";
import { refuseSaved } from "../vm/managed_save.ts";

/** What an AppVM says of itself that a disposable has become. */
export function asAppVm(metadata: Metadata): Metadata {
  return { ...metadata, kind: "appvm", fork: undefined, once: undefined };
}

/** Let it be an AppVM of the same name, on the layer that it has. */
export async function adopt(
  { virsh }: Connection,
  domain: Domain,
  what: string,
): Promise<void> {
  const { name, uuid, type, memory, vcpus } = domain;
  const metadata = domain.metadata!;
  const spec = domainOfVm({
    name,
    metadata: asAppVm(metadata),
    type,
    memory,
    vcpus,
    root: domain.disks[0]!.path,
    network: onlyCard(name, domain.xml),
  });
  await using undo = undoing();
  undo.add(() => virsh.batch(relabel(name, metadata)));
  // While it runs it stays a fork, if it is one.
  const running = { ...asAppVm(metadata), fork: metadata.fork };
  await virsh.mustAll(what, relabel(name, running));
  // Of the same UUID: what runs only is kept from here on.
  await virsh.must(what, define(domainXml({ ...spec, uuid })));
  undo.keep();
}

/**
 * Refuse an AppVM that was not left by `adopt`: that has but its first layer,
 * which nothing rests on, and no home disk.
 *
 * @throws {Failure} `conflict`.
 */
export async function refuseWhole(
  { virsh }: Connection,
  { name, disks, metadata }: Domain,
  what: string,
): Promise<void> {
  const [root, ...others] = disks;
  const own = root?.path.endsWith(`/${volumeName(name, "root")}`);
  // One that vms-install made rests on no template.
  if (!own || others.length > 0 || !metadata?.template) {
    throw new Failure("conflict", what, "it is an AppVM already", "vms-list");
  }
  await refuseSaved(virsh, name, what);
}
