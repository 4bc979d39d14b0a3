/** Hardware virtualisation, and the kernel. */

import type { Check, Exam } from "./exam.ts";
import { type Line, type Problem, programsOfRoot } from "./finding.ts";
import { type Distribution, distribution, installation } from "./packages.ts";

interface Node {
  /** As stat(1) has it: `character special file`. */
  type: string;
  mode: number;
  group: string;
}

/** What stat(1) says of paths that are there; Deno keeps /dev and /sys shut. */
async function nodes(
  { run, host }: Exam,
  paths: string[],
): Promise<Map<string, Node>> {
  const format = "--format=%n|%F|%a|%G";
  const { stdout } = await run(
    ["stat", format, ...paths.map((path) => host.root + path)],
    { changes: false, ok: [0, 1] },
  );
  const lines = stdout.split("\n").filter(Boolean);
  return new Map(lines.map((line) => {
    const [path, type, mode, group] = line.split("|");
    const node = { type: type!, mode: parseInt(mode!, 8), group: group! };
    return [path!.slice(host.root.length), node];
  }));
}

async function examine(exam: Exam): Promise<Problem[]> {
  const modules = ["/sys/module/kvm_intel", "/sys/module/kvm_amd"];
  const found = await nodes(exam, ["/dev/kvm", ...modules]);
  const loaded = modules.some((path) => found.has(path));
  const kvm = found.get("/dev/kvm");
  const device = kvm?.type.startsWith("character");
  const base = { id: "kvm", kind: "host" } as const;
  if (device && !loaded) return [{ ...base, ...behindKvm(exam) }];
  if (!kvm || !loaded || !device) return [await without(exam)];
  if (kvm.mode & 0o006 || (kvm.group === "kvm" && kvm.mode & 0o060)) return [];
  const lines = [
    ["chown", "root:kvm", "/dev/kvm"],
    ["chmod", "0660", "/dev/kvm"],
  ];
  return [{
    ...base,
    level: "error",
    what: "QEMU cannot open /dev/kvm: its group is not kvm, or may not use it",
    ...programsOfRoot(exam.run, lines, exam.host.uid),
  }];
}

/** Guests hang on what is neither; libvirt asks QEMU anew at each start. */
function behindKvm(
  { run, host }: Exam,
): Pick<Problem, "level" | "what" | "cure" | "root"> {
  const hide = ["mount", "--bind", "/dev/null", "/dev/kvm"];
  const { cure, root } = programsOfRoot(run, [hide], host.uid);
  return {
    level: "error",
    what: "behind /dev/kvm is neither kvm_intel nor kvm_amd: guests hang on " +
      "it, and libvirt takes minutes at each start of a VM. Hide it from " +
      "libvirt (and set namespaces = [] in /etc/libvirt/qemu.conf)",
    cure,
    root,
  };
}

async function without({ run, host }: Exam): Promise<Problem> {
  const words = ["grep", "-o", "-w", "-m1", "-E", "vmx|svm"];
  const look = { changes: false, ok: [0, 1, 2] } as const;
  const cpuinfo = `${host.root}/proc/cpuinfo`;
  const { stdout } = await run([...words, cpuinfo], look);
  const base = { id: "kvm", kind: "host", level: "warning" } as const;
  const flag = stdout.trim().split("\n")[0];
  if (!flag) {
    const what = "this host has no hardware virtualisation, so VMs are slow: " +
      "it may be off in the firmware, or at the host of a VM";
    return { ...base, what };
  }
  const module = flag === "vmx" ? "kvm_intel" : "kvm_amd";
  const line = ["modprobe", module];
  return {
    ...base,
    level: "error",
    what: `the processor could run VMs quickly, but ${module} is not loaded`,
    ...programsOfRoot(run, [line], host.uid),
  };
}

export const kvm: Check = {
  id: "kvm",
  fine: "QEMU can use hardware virtualisation",
  needs: ["local"],
  examine,
};

/** The oldest that is tried. */
const OLDEST = [5, 10] as const;

/** What installs the newest that the distribution has. */
function newKernel(on: Distribution): Line[] {
  // On Arch Linux a package alone may not fit the others.
  if (on === "arch") return [["pacman", "-Syu"]];
  return installation(["linux-image-amd64"], on);
}

async function examineKernel(exam: Exam): Promise<Problem[]> {
  const { host, run } = exam;
  const [major = 0, minor = 0] = host.kernel.split(/[.-]/).map(Number);
  const [least, at] = OLDEST;
  if (major > least || (major === least && minor >= at)) return [];
  const base = { id: "kernel", level: "warning", kind: "host" } as const;
  const what = `the kernel ${host.kernel} is older than ${OLDEST.join(".")}; ` +
    "a newer one runs after a reboot";
  const on = await distribution(exam);
  if (!on) return [{ ...base, what }];
  const { cure, root } = programsOfRoot(run, newKernel(on), host.uid);
  return [{ ...base, what, cure, root }];
}

export const kernel: Check = {
  id: "kernel",
  fine: "the kernel is new enough",
  needs: ["local"],
  examine: examineKernel,
};
