/** What the figures were measured on. */

import { answer } from "./program.ts";

export interface Machine {
  cpu: string;
  cores: number;
  /** Bytes. */
  memory: number;
  kernel: string;
  /** Of the file system that images lie on. */
  filesystem: string;
  virtualization: "kvm" | "tcg";
  libvirt: string;
  qemu: string;
  deno: string;
  /** Processes that wanted a CPU, mean of the minute before. */
  load: number;
}

export async function machine(images: string): Promise<Machine> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  return {
    cpu: /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? "unknown",
    cores: navigator.hardwareConcurrency,
    memory: Deno.systemMemoryInfo().total,
    kernel: Deno.osRelease(),
    filesystem: await answer("stat", "-f", "-c", "%T", images),
    virtualization: await hasKvm() ? "kvm" : "tcg",
    libvirt: await answer("virsh", "--version"),
    qemu: (await answer("qemu-img", "--version")).split(/[ \n]/)[2]!,
    deno: Deno.version.deno,
    load: Deno.loadavg()[0]!,
  };
}

async function hasKvm(): Promise<boolean> {
  const modules = await Deno.readTextFile("/proc/modules").catch(() => "");
  return /^kvm_(intel|amd) /m.test(modules);
}

/** Two lines for people. */
export function describe(it: Machine): string[] {
  const memory = Math.round(it.memory / 2 ** 30);
  return [
    `${it.cores} x ${it.cpu}, ${memory} GiB, Linux ${it.kernel}, ${it.filesystem}, load ${
      it.load.toFixed(1)
    }`,
    `libvirt ${it.libvirt}, QEMU ${it.qemu} (${it.virtualization}), Deno ${it.deno}`,
  ];
}
