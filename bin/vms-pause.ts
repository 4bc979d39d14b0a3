/** Pause VMs. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { VMS } from "../lib/vm/operands.ts";
import { pause } from "../lib/vm/pause.ts";

export const vmsPause = command({
  name: "vms-pause",
  summary: "Pause VMs: they keep their memory and use no CPU",
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"] },
  exits: { conflict: "a VM does not run" },
  examples: [["vms-pause bank", "until vms-resume bank"]],
  operands: [VMS],
  async run({ operands: names }, _options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", names);
    await pause(connection, names);
    names.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsPause);
