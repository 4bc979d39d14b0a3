/** Finding the warm image to fork, or why there is none. */

import type { Connection } from "../libvirt/connection.ts";
import type { Domain } from "../libvirt/domain.ts";
import { type WarmImage, warmImage } from "./image.ts";
import { askVersions, keyOf } from "./key.ts";

/** What a VM is to have. */
export interface Wanted {
  type: Domain["type"];
  /** Bytes; undefined takes the template's. */
  memory?: number;
  vcpus?: number;
  /** Let it have shares. */
  shares?: boolean;
  /** Boot it all the same. */
  cold?: boolean;
}

/**
 * The warm image of a version that a VM like that can be forked from.
 *
 * @returns the reason in words, where there is none.
 */
export async function findWarm(
  { virsh }: Connection,
  template: Domain,
  { type, memory, vcpus, shares, cold }: Wanted,
): Promise<WarmImage | string> {
  const record = template.metadata?.warm;
  if (cold) return "a cold boot was asked for";
  if (!record) return "it has no warm image";
  if (!virsh.local) return "libvirt runs on another host";
  if (shares) return "memory that shares can use cannot be forked";
  if ((memory ?? template.memory) !== template.memory) {
    return "its warm image has another size of memory";
  }
  if ((vcpus ?? template.vcpus) !== template.vcpus) {
    return "its warm image has another number of CPUs";
  }
  const { name } = template;
  const versions = await askVersions(virsh);
  const key = await keyOf(virsh.run, versions, { ...template, type });
  // One of an earlier vms does not say how long its disk was.
  if (key !== record.key || Number.isNaN(record.layer)) {
    return "its warm image is of another QEMU, kernel, processor or vms";
  }
  const { path } = template.disks[0]!;
  const place = { name, path, memory: template.memory };
  return warmImage(place, record, opensReadOnly(versions));
}

/** Such files since QEMU 8.2: docs/system/vm-templating.rst. */
function opensReadOnly(versions: string): boolean {
  const found = /hypervisor: QEMU ([0-9]+)\.([0-9]+)/.exec(versions);
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > 8 || (major === 8 && minor >= 2);
}

/** Why it is booted instead, for those who trace. */
export function whyCold(
  { virsh }: Connection,
  version: string,
  why: string,
): undefined {
  const reason = why.replaceAll("\n", " ");
  const line = `# ${version} is booted and not forked: ${reason}`;
  virsh.run.skips({ trace: [line], changes: false });
}
