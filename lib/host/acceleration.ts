/** Which kind of virtual machine this host can run. */

import { look, type Virsh } from "../libvirt/virsh.ts";

export interface Acceleration {
  /** Type of a libvirt domain: `qemu` is emulation by TCG. */
  type: "kvm" | "qemu";
  /** Why not kvm. */
  why?: string;
}

/**
 * KVM where kvm_intel or kvm_amd is loaded and libvirt can use it. A /dev/kvm
 * alone proves nothing: behind it may be something that hangs stock kernels.
 */
export async function acceleration(virsh: Virsh): Promise<Acceleration> {
  if (virsh.local && !await loaded()) {
    return { type: "qemu", why: "neither kvm_intel nor kvm_amd is loaded" };
  }
  const answer = await virsh.must(
    "cannot ask what libvirt can do",
    look("capabilities"),
  );
  return /<domain type='kvm'/.test(answer)
    ? { type: "kvm" }
    : { type: "qemu", why: "libvirt cannot use /dev/kvm" };
}

async function loaded(): Promise<boolean> {
  for (const module of ["kvm_intel", "kvm_amd"]) {
    try {
      await Deno.stat(`/sys/module/${module}`);
      return true;
    } catch {
      // Not this one.
    }
  }
  return false;
}

/** The same, with a warning where it will be slow. */
export async function chooseAcceleration(
  virsh: Virsh,
  say: (line: string) => void,
): Promise<Acceleration["type"]> {
  const { type, why } = await acceleration(virsh);
  if (why) say(`warning: no hardware acceleration, so VMs are slow: ${why}`);
  return type;
}
