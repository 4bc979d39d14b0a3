/** What VMs take of the host's memory, and how many more it can take. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { measureDensity } from "../lib/usage/density.ts";
import { densityLines, missingFigures } from "../lib/usage/density_text.ts";
import { VMS } from "../lib/vm/operands.ts";

export const vmsDensity = command({
  name: "vms-density",
  summary: "Show what VMs take of the host's memory, and what room is left",
  description: [
    "A table of all AppVMs and disposables that run, or of those named, and below it what they come to. OWN is what the host would have back if that VM were gone: memory that no file stands behind and no other VM has, swapped memory included. OF: the most that its guest can have.",
    "RESIDENT: what QEMU holds in all. PSS: the same, but a page that n processes have counts as the nth part of one. SHARED and PRIVATE: pages that other processes have too, and those that none has. KSM: pages that the kernel found to be equal to others and keeps once. DISK: how far the VM's own layers are written.",
    "RAM is private, shared or forked. Shared RAM can be mapped by virtiofsd, as vms-share and the package cache need it; KSM cannot merge it. Forked RAM begins as that of a warm image: all forks map one file, and a page is copied when it is written to.",
    "The room is MemAvailable of /proc/meminfo, divided by the average OWN of these VMs. The second figure reckons that these VMs and those to come use all of the memory that their guests can have; what QEMU needs beside it is not in it: under emulation that is up to 128 MiB of translated code. Swap is in neither.",
    "Page tables are shown by the kernel to root alone: an ordinary user sees RESIDENT, SWAPPED and OWN, and OWN counts what KSM merged as if it had not.",
    "With --json it is one object: vms, ramFiles, ksm, host, capacity. Of each VM: name, state, kind, template, source (pages, status or libvirt: what the figures come from), ram, ramFile, memoryBytes, memoryMaxBytes, residentBytes, proportionalBytes, sharedBytes, privateBytes, swappedBytes, ksmBytes, ownBytes, diskBytes. Of each RAM file: path, diskBytes, forks. ksm: state (on, off, absent), kept, saved. host: total, available, swapFree. capacity: measured (VMs), ownBytes, eachBytes, more, moreWhenFull. All in bytes but counts; what is not known is null.",
  ],
  needs: { run: ["grep", "virsh"] },
  exits: {
    missing: "there is no VM of that NAME",
    conflict: "a VM that is named is off",
    host: "the VMs run on another machine",
  },
  examples: [
    ["sudo vms-density", "with all that only root may see"],
    ["vms-density work-client1", "one VM, and room for how many more like it"],
    ["vms-density --json | jq .capacity.more", "for a script"],
  ],
  operands: [{ ...VMS, optional: true }],
  async run({ operands: names }, _options, context) {
    const { virsh } = await open(context);
    const density = await measureDensity(virsh, names);
    context.out.object(density, () => densityLines(density));
    const missing = missingFigures(density);
    if (missing && !context.out.json) context.say(missing);
  },
});

if (import.meta.main) await main(vmsDensity);
