/** Find what is wrong with this host, and cure it. */

import { join } from "@std/path/posix/join";
import type { Context } from "../lib/command/context.ts";
import { command } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { CHECKS } from "../lib/doctor/checks.ts";
import type { Exam, Host } from "../lib/doctor/exam.ts";
import { examine } from "../lib/doctor/examine.ts";
import { reporter, verdict } from "../lib/doctor/report.ts";
import { open } from "../lib/libvirt/connection.ts";
import { checkName } from "../lib/names/names.ts";

function thisHost(): Host {
  const runtime = Deno.env.get("XDG_RUNTIME_DIR");
  return {
    root: "",
    uid: Deno.uid() ?? 0,
    sudoUser: Deno.env.get("SUDO_USER"),
    kernel: Deno.osRelease(),
    now: Date.now(),
    ownRuntime: runtime && join(runtime, "vms"),
  };
}

async function examOf(context: Context, names: string[]): Promise<Exam> {
  const connection = await open(context);
  return { ...connection, run: context.run, host: thisHost(), names };
}

export const vmsDoctor = command({
  name: "vms-doctor",
  summary: "Find what this host lacks and what crashes left, and cure it",
  description: [
    "Looks at programs and packages, libvirt, the group libvirt, network, storage pool, directories and mounts, hardware virtualisation, kernel and space; then for images that rest on what is gone, and for what commands left that were killed. Each problem is printed with the command line that cures it.",
    "--repair does what those lines say, as far as it may: what needs root is left, and the one command is named. What disposables wrote that are off is deleted. Disks of VMs that are gone are deleted only where no guest ever wrote to them and they are an hour old, or where the VM is named; home disks that a guest has written to are never deleted.",
    "Of some problems only the command is printed, and --repair leaves it to a person. Images that rest on one that is gone, disks of lost VMs that were written to, and a pool that is nearly full: what cures them deletes data, or versions and packages that somebody may want. A /dev/kvm on which guests hang: what is mounted over a device of the host is its administrator's. A group that was joined after the last login, packages of what can be done without, and the user's own service that looks after names in firewall rules: these are that user's.",
    "A hint is advice where nothing is wrong, such as on KSM, which merges equal memory of VMs. Hints are printed with --all, and --repair leaves them alone.",
    "With --json each finding is an object: id, level (ok, hint, warning, error), what, cure and root (true where the cure needs it); cured is true for what --repair cured.",
  ],
  needs: {
    run: [
      ...["apt-get", "chmod", "chown", "find", "findmnt", "grep", "id"],
      ...[
        "getfacl",
        "install",
        "ip",
        "libvirtd",
        "mkdir",
        "modprobe",
        "mount",
        "pacman",
      ],
      ...["rm", "setfacl", "stat", "systemctl", "usermod", "virsh"],
    ],
    env: ["SUDO_USER"],
    sys: ["osRelease", "uid"],
  },
  exits: {
    done: "nothing is wrong; there may be warnings",
    failed: "left-overs or broken images remain",
    host: "the host lacks something",
  },
  examples: [
    ["vms-doctor", "what is wrong, and what cures it"],
    ["sudo vms-doctor --repair", "set up this host, or sweep after a crash"],
    ["vms-doctor --repair web", "delete also the root disk of a lost VM"],
  ],
  operands: [{
    name: "VM",
    help: "VMs without a domain, whose root disks --repair deletes",
    many: true,
    optional: true,
    check: checkName,
  }],
  options: {
    repair: { short: "r", help: "cure what is found" },
    all: { short: "v", help: "print also what is as it should be, and hints" },
  },
  async run({ operands }, { repair, all }, context) {
    const exam = await examOf(context, operands);
    const { dryRun } = context;
    const report = reporter(context, { all });
    const left = await examine(CHECKS, exam, report, { repair, dryRun });
    const { exit, summary, hint } = verdict(left, exam, { repair });
    if (exit) throw new Failure(exit, "this host is not well", summary, hint);
    if (context.terminal) context.say(summary);
  },
});

if (import.meta.main) await main(vmsDoctor);
