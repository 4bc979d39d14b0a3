/** Resume paused VMs. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { VMS } from "../lib/vm/operands.ts";
import { resume } from "../lib/vm/pause.ts";

export const vmsResume = command({
  name: "vms-resume",
  summary: "Let paused VMs run on",
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"] },
  exits: { conflict: "a VM does not run" },
  examples: [["vms-resume bank", "after vms-pause bank"]],
  operands: [VMS],
  async run({ operands: names }, _options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", names);
    await resume(connection, names);
    names.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsResume);
