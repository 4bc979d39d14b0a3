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
import { readKsm } from "../lib/host/ksm.ts";
import { ksmLine } from "../lib/usage/density_text.ts";
import { steadyColumns } from "../lib/usage/narrow.ts";
import {
  demandAny,
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
    "A table of all AppVMs and disposables, or of those named, from two looks at libvirt that lie --interval apart. With --watch on a terminal it is drawn anew at each tick, until q or Ctrl-C; elsewhere there is a table for each tick. On a narrow screen VCPUS, RESIDENT, OF and others are left out. It ends when none of those named is there any more. What is not known is shown as -, and never as 0; a VM that is off uses no more than its disk.",
    "CPU: 100% is one CPU of the host; where libvirt has no control groups, it is the virtual CPUs alone. RESIDENT: what QEMU holds of the host's memory. MEMORY and OF: what the guest has now, and the most it can have. DISK: how far its own layers are written; GROWTH: since the last tick. AGENT: whether qemu-guest-agent has opened its port.",
    "With --json each VM is an object on a line of its own, at each tick with --watch: time (seconds since 1970), name, state, kind, template, cpuPercent, vcpus, residentBytes, memoryBytes, memoryMaxBytes, diskBytes, diskGrowthBytes, diskReadBytesPerSecond, diskWrittenBytesPerSecond, networkReceivedBytesPerSecond, networkSentBytesPerSecond, agentConnected. What is not known is null.",
    "All of it is counted by the host, and no guest is asked; MEMORY is what the balloon has left to the guest. Where libvirt is on this host and KSM is at work, a line below says what it has merged, of all VMs together; vms-density(1) says it of each.",
  ],
  needs: { run: ["virsh", "grep"] },
  exits: { missing: "there is no VM of that NAME, or none any more" },
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
    const merged = async () => {
      if (!virsh.local) return [];
      const ksm = await readKsm(context.run);
      return ksm.state === "on" || ksm.saved > 0 ? [ksmLine(ksm)] : [];
    };
    let last = await takeSample(virsh);
    names.forEach((name) => findListed(last.vms, name));
    if (watch && screenThere() && !context.out.json) {
      return await watchScreen({ virsh, merged }, names, interval);
    }
    do {
      await new Promise((done) => setTimeout(done, interval * 1000));
      const now = await takeSample(virsh);
      demandAny(now, names);
      context.out.table(usage(last, now, names), USAGE_COLUMNS);
      if (!context.out.json) (await merged()).forEach(context.out.text);
      last = now;
    } while (watch);
  },
});

interface Looked {
  virsh: Virsh;
  /** Lines about what is true of all VMs. */
  merged: () => Promise<string[]>;
}

async function watchScreen(
  { virsh, merged }: Looked,
  names: string[],
  interval: number,
) {
  await onScreen(async (screen) => {
    let last: Sample | undefined;
    let now = await takeSample(virsh);
    const columns = steadyColumns();
    while (true) {
      const when = new Date().toLocaleTimeString("sv");
      const rows = usage(last, now, names);
      const below = await merged();
      screen.draw((width) => [
        `${when}, every ${interval} s; q ends`,
        "",
        ...table(rows, columns(rows, width)),
        "",
        ...below,
      ]);
      if (await screen.wait(interval * 1000)) return;
      last = now;
      now = await takeSample(virsh);
      demandAny(now, names);
    }
  });
}

if (import.meta.main) await main(vmsStats);
