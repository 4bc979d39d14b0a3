/** Start VMs. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { waitForAgent } from "../lib/agent/guest_agent.ts";
import { open } from "../lib/libvirt/connection.ts";
import { findListed, getDomain, listDomains } from "../lib/libvirt/domain.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { duration } from "../lib/names/values.ts";
import { VMS } from "../lib/vm/operands.ts";
import { start, startable } from "../lib/vm/start.ts";

export const vmsStart = command({
  name: "vms-start",
  summary: "Start VMs",
  description: [
    "Starts VMs that are off; for one that runs already there is nothing to do. With --wait it ends when the guest agent of each answers.",
  ],
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"] },
  exits: { conflict: "a VM is paused, or is a template" },
  examples: [
    ["vms-start work-client1", "start it"],
    ["vms-start work-client1 && vms-console work-client1", "and log in"],
    ["vms-start --wait a b", "until both have booted"],
  ],
  operands: [VMS],
  options: {
    wait: { short: "w", help: "until the guest agent answers" },
    timeout: {
      value: "TIME",
      default: "10m",
      help: "longest time to wait",
      as: duration,
    },
  },
  async run({ operands: names }, { wait, timeout }, context) {
    const connection = await open(context);
    const { virsh } = connection;
    using _held = await lockAll("vm", names);
    const list = await listDomains(virsh);
    const todo = names.filter((name) => startable(findListed(list, name)));
    for (const name of todo) await start(connection, list, name);
    if (wait && !context.dryRun) {
      const alive = (name: string) => async () => {
        await getDomain(virsh, name);
      };
      await Promise.all(
        names.map((name) => waitForAgent(virsh, name, timeout, alive(name))),
      );
    }
    names.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsStart);
