/** The domain of an AppVM or a disposable. */

import { directoryOf, nvramName } from "../image/names.ts";
import type { Disk, DomainSpec } from "../libvirt/domain_xml.ts";
import type { Metadata } from "../libvirt/metadata.ts";

export interface VmSpec {
  name: string;
  metadata: Metadata;
  type: DomainSpec["type"];
  /** Bytes. */
  memory: number;
  vcpus: number;
  /** Paths. */
  root: string;
  home?: string;
  /** Name of a libvirt network; undefined for none. */
  network?: string;
}

/**
 * A domain with an identity of its own: UUID, MAC address, and credentials
 * from which the guest takes machine ID and host name.
 */
export function domainOfVm(vm: VmSpec): DomainSpec {
  const uuid = crypto.randomUUID();
  const disposable = vm.metadata.kind === "disposable";
  const disks: Disk[] = [{ path: vm.root, serial: "root", disposable }];
  if (vm.home) disks.push({ path: vm.home, serial: "home" });
  return {
    name: vm.name,
    uuid,
    metadata: vm.metadata,
    type: vm.type,
    memory: vm.memory,
    vcpus: vm.vcpus,
    disks,
    nvram: `${directoryOf(vm.root)}/${nvramName(vm.name)}`,
    network: vm.network ? { name: vm.network, mac: newMac() } : undefined,
    credentials: {
      "system.hostname": vm.name,
      "system.machine_id": uuid.replaceAll("-", ""),
      ...(vm.home ? { "vms.home": "yes" } : {}),
    },
    // A disposable that restarts would come back with what it had.
    onReboot: disposable ? "destroy" : "restart",
  };
}

/** A random address below QEMU's prefix 52:54:00. */
export function newMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(3));
  return ["52", "54", "00", ...bytes].map((byte) =>
    typeof byte === "string" ? byte : byte.toString(16).padStart(2, "0")
  ).join(":");
}
