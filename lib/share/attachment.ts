/** Folders of the host given to VMs that run, until those stop. */

import { Failure } from "../command/failure.ts";
import { dump, getDomain, listDomains } from "../libvirt/domain.ts";
import {
  hasSharedMemory,
  readSharedDirectories,
  type SharedDirectory,
  sharedDirectory,
} from "../libvirt/share_xml.ts";
import { plugIn } from "../libvirt/plug.ts";
import { mustRun } from "../libvirt/running.ts";
import { change, type Virsh, XML_FILE } from "../libvirt/virsh.ts";
import { printable } from "../names/names.ts";
import type { Share } from "./listing.ts";
import { isMountpoint } from "./mountpoint.ts";

/** Seconds until the guest must have given a device back. */
export const PATIENCE = 30;

/** Those of a domain that are ours, not the package cache. */
export function sharesIn(xml: string): SharedDirectory[] {
  return readSharedDirectories(xml).filter(({ tag }) => isMountpoint(tag));
}

/**
 * Check that a VM can be given a folder at that path.
 *
 * @throws {Failure} `missing`; `conflict` where it does not run, its memory is
 * private, or it has something there.
 */
export async function checkShareable(
  virsh: Virsh,
  { vm, path }: { vm: string; path: string },
): Promise<void> {
  const what = `cannot share with "${vm}"`;
  mustRun(await listDomains(virsh), vm, what);
  const { xml } = await getDomain(virsh, vm);
  const taken = sharesIn(xml).find(({ tag }) => tag === path);
  if (taken) {
    throw new Failure(
      "conflict",
      what,
      `${printable(taken.directory)} is at ${path}`,
      `vms-share remove ${vm} ${path}`,
    );
  }
  if (hasSharedMemory(xml)) return;
  const allowed = hasSharedMemory((await getDomain(virsh, vm, true)).xml);
  throw new Failure(
    "conflict",
    what,
    "it was started with memory that is not shared with the host" +
      (allowed ? "; that it may have shares counts from its next start" : ""),
    allowed
      ? `vms-stop ${vm} && vms-start ${vm}`
      : `vms-share allow ${vm} && vms-stop ${vm} && vms-start ${vm}`,
  );
}

/**
 * Plug it in; what was checked before.
 *
 * @throws {Failure} `conflict`, where the VM has no slot left.
 */
export async function attachShare(
  virsh: Virsh,
  given: { vm: string; path: string; folder: string; daemon: string },
): Promise<void> {
  const { vm, path: tag, folder: directory, daemon } = given;
  await plugIn(virsh, {
    name: vm,
    what: `cannot share ${printable(directory)} with "${vm}"`,
    xml: sharedDirectory({ tag, directory, daemon }),
  });
}

/** Unplug it; the guest lets it go when it likes. */
export async function detachShare(
  virsh: Virsh,
  { vm, path, folder }: Pick<Share, "vm" | "path" | "folder">,
): Promise<void> {
  const { xml } = await getDomain(virsh, vm);
  const share = sharesIn(xml).find(({ tag }) => tag === path);
  if (!share) return;
  await virsh.must(
    `cannot take ${printable(folder)} from "${vm}"`,
    change(
      ["detach-device", "--live", "--", vm, XML_FILE],
      sharedDirectory(share),
    ),
  );
}

/** Wait until the guest has let it go. @throws {Failure} `timeout`. */
export async function waitUntilDetached(
  virsh: Virsh,
  { vm, path, folder }: Pick<Share, "vm" | "path" | "folder">,
  patience = PATIENCE,
): Promise<void> {
  const end = performance.now() + patience * 1000;
  while (await hasShare(virsh, vm, path)) {
    if (performance.now() > end) {
      throw new Failure(
        "timeout",
        `cannot take ${printable(folder)} from "${vm}"`,
        `the VM did not let it go within ${patience} s`,
        `vms-stop ${vm}`,
      );
    }
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Whether a VM that runs has something at that path. */
export async function hasShare(
  virsh: Virsh,
  vm: string,
  path: string,
): Promise<boolean> {
  const { ok, stdout } = await virsh.try(dump(vm));
  return ok && sharesIn(stdout).some(({ tag }) => tag === path);
}
