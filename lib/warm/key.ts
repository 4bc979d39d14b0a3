/**
 * What must be as it was for a frozen guest to go on: the same QEMU, on the
 * same processor, with the same devices, spoken to by the same agent.
 */

import { agentFiles } from "../agent/files.ts";
import { processor } from "../host/processor.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import { look, type Virsh } from "../libvirt/virsh.ts";
import type { Run } from "../process/run.ts";
import { domainOfVm } from "../vm/domain_of_vm.ts";

/** Of the version that is frozen. */
export interface Frozen {
  name: string;
  type: DomainSpec["type"];
  /** Bytes. */
  memory: number;
  vcpus: number;
}

/** What libvirt and QEMU say of their versions: virsh(1). */
export function askVersions(virsh: Virsh): Promise<string> {
  return virsh.must("cannot ask libvirt for its version", look("version"));
}

/** A hash, in hexadecimal; `versions` is what `askVersions` gave. */
export async function keyOf(
  run: Run,
  versions: string,
  frozen: Frozen,
): Promise<string> {
  const parts = await Promise.all([
    versions,
    Deno.osRelease(),
    processor(run),
    agentFiles().then(({ version }) => version),
  ]);
  const text = [...parts, frozen.name, devices(frozen)].join("\0");
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 32);
}

/** The domain, without what makes one guest another than the next. */
function devices({ type, memory, vcpus }: Frozen): string {
  const domain = domainOfVm({
    name: "warm",
    metadata: { kind: "build" },
    type,
    memory,
    vcpus,
    root: "/root.qcow2",
  });
  return domainXml({
    ...domain,
    uuid: "",
    credentials: {},
    memoryFile: { path: "/memory", shared: true },
  });
}
