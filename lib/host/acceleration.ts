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
  if (virsh.local && !await loaded(virsh)) {
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

/** Asked of stat(1): Deno itself lets no command look into /sys. */
async function loaded({ run }: Virsh): Promise<boolean> {
  const modules = ["kvm_intel", "kvm_amd"].map((name) => `/sys/module/${name}`);
  const look = { changes: false, ok: [0, 1] } as const;
  return (await run(["stat", "--format=%n", ...modules], look)).stdout !== "";
}

/**
 * The same, with a warning where it will be slow. It is for those that make a
 * VM: the type stands in its XML then, and starting it tells nothing new.
 */
export async function chooseAcceleration(
  virsh: Virsh,
  say: (line: string) => void,
): Promise<Acceleration["type"]> {
  const { type, why } = await acceleration(virsh);
  if (why) say(`warning: no hardware acceleration, so VMs are slow: ${why}`);
  return type;
}
