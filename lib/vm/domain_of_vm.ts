/** The domain of an AppVM or a disposable. */

import { credentialsName, directoryOf, nvramName } from "../image/names.ts";
import type { Disk, DomainSpec } from "../libvirt/domain_xml.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import type { NetworkCard } from "../libvirt/network_card.ts";
import { newMac } from "../network/mac.ts";

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
  /** Its card, with a MAC address where it has one; undefined for none. */
  network?: NetworkCard;
  /** Let it have shares: `vms-share`. */
  sharedMemory?: boolean;
  /** Whether its volume of credentials is there, beside the disks. */
  entrusted?: boolean;
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
    sharedMemory: vm.sharedMemory,
    nvram: `${directoryOf(vm.root)}/${nvramName(vm.name)}`,
    network: vm.network &&
      { ...vm.network, mac: vm.network.mac ?? newMac() },
    credentials: {
      "system.hostname": vm.name,
      "system.machine_id": uuid.replaceAll("-", ""),
      ...(vm.home ? { "vms.home": "yes" } : {}),
    },
    credentialsFile: vm.entrusted
      ? `${directoryOf(vm.root)}/${credentialsName(vm.name)}`
      : undefined,
    // A disposable that restarts would come back with what it had.
    onReboot: disposable ? "destroy" : "restart",
  };
}
