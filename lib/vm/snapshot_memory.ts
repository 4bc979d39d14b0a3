/** The memory of a running VM, as part of a snapshot. */

import { Failure } from "../command/failure.ts";
import { directoryOf } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { type Domain, getDomain } from "../libvirt/domain.ts";
import { withDisk } from "../libvirt/edit_xml.ts";
import { readSharedDirectories } from "../libvirt/share_xml.ts";
import { change, look, XML_FILE } from "../libvirt/virsh.ts";
import { isMountpoint } from "../share/mountpoint.ts";
import type { Frozen } from "./freeze.ts";

/**
 * What virtiofsd holds open for a guest is not in the guest's memory, and a fork
 * would be started again as one.
 *
 * @param detach shares will be taken away before.
 * @throws {Failure} `conflict`.
 */
export async function refuseUnsaveable(
  { virsh }: Connection,
  { name, snapshot, detach }: {
    name: string;
    snapshot: string;
    detach: boolean;
  },
): Promise<void> {
  const { xml, metadata } = await getDomain(virsh, name);
  if (metadata?.fork) {
    throw new Failure(
      "conflict",
      `cannot save the memory of "${name}"`,
      "it was forked, and has yet to start from its own disks; " +
        "without --memory a snapshot can be made",
      `vms-stop ${name} && vms-start ${name}`,
    );
  }
  const tags = readSharedDirectories(xml).map(({ tag }) => tag);
  const ours = tags.every(isMountpoint);
  if (tags.length === 0 || (ours && detach)) return;
  throw new Failure(
    "conflict",
    `cannot save the memory of "${name}"`,
    `folders of the host are open in it: ${tags.join(", ")}; ` +
      "without --memory a snapshot can be made",
    ours
      ? `vms-snapshot create --memory --detach ${name} ${snapshot}`
      : `vms-stop ${name} && vms-start ${name}`,
  );
}

/** Disks and memory of the same moment. */
export async function freezeWithMemory(
  { virsh, pool }: Connection,
  { domain }: { domain: Domain },
  plan: Frozen[],
  memoryVolume: string,
): Promise<Frozen[]> {
  const directory = directoryOf(plan[0]!.base);
  await virsh.must(
    `cannot save the memory of "${domain.name}"`,
    change([
      "snapshot-create-as",
      domain.name,
      "--no-metadata",
      "--atomic",
      "--memspec",
      `snapshot=external,file=${directory}/${memoryVolume}`,
      ...plan.flatMap(({ target, layer }) => [
        "--diskspec",
        `${target},snapshot=external,file=${layer}`,
      ]),
    ]),
  );
  await virsh.try(pool.refresh());
  return plan;
}

/** Saved memory, and the domain that goes on with it. */
export interface SavedMemory {
  path: string;
  xml: string;
}

/**
 * Read it, with the disks that it goes on with: whatever is wrong with the file
 * shows before anything is changed.
 */
export async function readMemory(
  { virsh, pool }: Connection,
  what: string,
  volume: string,
  moved: readonly { base: string; to: string }[],
): Promise<SavedMemory> {
  const path = `${await pool.directory()}/${volume}`;
  const answer = await virsh.try(look("save-image-dumpxml", path));
  if (!answer.ok) {
    const why = `its memory cannot be read: ${answer.error}`;
    throw new Failure("failed", what, why, "vms-doctor");
  }
  let xml = answer.stdout;
  for (const { base, to } of moved) xml = withDisk(xml, base, to);
  return { path, xml };
}

/** Let the VM run on from there. */
export async function restoreMemory(
  { virsh }: Connection,
  name: string,
  what: string,
  { path, xml }: SavedMemory,
): Promise<void> {
  const words = ["restore", path, "--xml", XML_FILE, "--running"];
  const { ok, error } = await virsh.try(change(words, xml));
  if (ok) return;
  const why = `its memory cannot be restored: ${error}; ` +
    `"${name}" is off, and has the disks that it had`;
  throw new Failure("failed", what, why, `vms-start ${name}`);
}
