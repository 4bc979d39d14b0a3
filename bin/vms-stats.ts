/** What VMs use of the host, once or until somebody has seen enough. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { table } from "../lib/command/output.ts";
import { onScreen, screenThere } from "../lib/command/screen.ts";
import { open } from "../lib/libvirt/connection.ts";
import { findListed } from "../lib/libvirt/domain.ts";
import type { Virsh } from "../lib/libvirt/virsh.ts";
import { duration } from "../lib/names/values.ts";
import { VMS } from "../lib/vm/operands.ts";
import {
  type Sample,
  takeSample,
  usage,
  USAGE_COLUMNS,
} from "../lib/usage/usage.ts";

function interval(word: string): number {
  const seconds = duration(word);
  if (seconds < 1) throw new Error("it is at least 1 second");
  if (seconds > 86400) throw new Error("it is at most a day");
  return seconds;
}

export const vmsStats = command({
  name: "vms-stats",
  summary: "Show what VMs use: CPU, memory, disk, network",
  description: [
    "A table of all AppVMs and disposables, or of those named, from two looks at libvirt that lie --interval apart. With --watch on a terminal it is drawn anew at each tick, until q or Ctrl-C. What is not known is shown as -, and never as 0; a VM that is off uses no more than its disk.",
    "CPU: 100% is one CPU of the host; where libvirt has no control groups, it is the virtual CPUs alone. RESIDENT: what QEMU holds of the host's memory. MEMORY and OF: what the guest has now, and the most it can have. DISK: how far its own layers are written; GROWTH: since the last tick. AGENT: whether qemu-guest-agent has opened its port.",
    "With --json each VM is an object on a line of its own, at each tick with --watch: time (seconds since 1970), name, state, kind, template, cpuPercent, vcpus, residentBytes, memoryBytes, memoryMaxBytes, diskBytes, diskGrowthBytes, diskReadBytesPerSecond, diskWrittenBytesPerSecond, networkReceivedBytesPerSecond, networkSentBytesPerSecond, agentConnected. What is not known is null.",
    "All of it is counted by the host, and no guest is asked; MEMORY is what the balloon has left to the guest.",
  ],
  needs: { run: ["virsh"] },
  exits: { missing: "there is no VM of that NAME" },
  examples: [
    ["vms-stats --watch", "one screen, every second"],
    ["vms-stats --json --watch --interval=1m >>usage.ndjson", "to keep"],
    ["vms-stats work-client1", "one VM, once"],
  ],
  operands: [{ ...VMS, optional: true }],
  options: {
    watch: { short: "w", help: "again and again" },
    interval: {
      short: "i",
      value: "TIME",
      default: "1s",
      help: "from one look to the next",
      as: interval,
    },
  },
  async run({ operands: names }, { watch, interval }, context) {
    const { virsh } = await open(context);
    let last = await takeSample(virsh);
    names.forEach((name) => findListed(last.vms, name));
    if (watch && screenThere() && !context.out.json) {
      return await watchScreen(virsh, names, interval);
    }
    do {
      await new Promise((done) => setTimeout(done, interval * 1000));
      const now = await takeSample(virsh);
      context.out.table(usage(last, now, names), USAGE_COLUMNS);
      last = now;
    } while (watch && context.out.json);
  },
});

async function watchScreen(virsh: Virsh, names: string[], interval: number) {
  await onScreen(async (screen) => {
    let last: Sample | undefined;
    let now = await takeSample(virsh);
    while (true) {
      const when = new Date().toLocaleTimeString("sv");
      const rows = table(usage(last, now, names), USAGE_COLUMNS);
      screen.draw([`${when}, every ${interval} s; q ends`, "", ...rows]);
      if (await screen.wait(interval * 1000)) return;
      last = now;
      now = await takeSample(virsh);
    }
  });
}

if (import.meta.main) await main(vmsStats);
