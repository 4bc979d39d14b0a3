/** Start VMs. */

import { cacheShares } from "../cache/layout.ts";
import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { waitForAgent } from "../lib/agent/guest_agent.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { mustRun } from "../lib/libvirt/running.ts";
import { duration } from "../lib/names/values.ts";
import { VMS } from "../lib/vm/operands.ts";
import { restoreLater } from "../lib/vm/shares_at_start.ts";
import { startWhenOff } from "../lib/vm/start_when_off.ts";

export const vmsStart = command({
  name: "vms-start",
  summary: "Start VMs",
  description: [
    "Starts VMs that are off; for one that runs already there is nothing to do. With --wait it ends when the guest agent of each answers.",
    "With --cache pacman in the VM reads the packages that all VMs share, and what it downloads goes to the VM's own directory of the cache on the host. Its memory is shared with the host then, which KSM cannot merge.",
  ],
  needs: {
    run: ["virsh", "vms-share"],
    write: ["~"],
    net: true,
    sys: ["networkInterfaces"],
  },
  exits: { conflict: "a VM is paused, or is a template" },
  examples: [
    ["vms-start work-client1", "start it"],
    ["vms-start work-client1 && vms-console work-client1", "and log in"],
    ["vms-start --wait a b", "until both have booted"],
  ],
  operands: [VMS],
  options: {
    cache: { help: "attach the package cache until it stops, for updates" },
    wait: { short: "w", help: "until the guest agent answers" },
    timeout: {
      value: "TIME",
      default: "10m",
      help: "longest time to wait",
      as: duration,
    },
  },
  async run({ operands: names }, options, context) {
    const connection = await open(context);
    const { virsh, config } = connection;
    const { wait, timeout } = options;
    const sharesOf = options.cache
      ? (name: string) => cacheShares(config.cache, name)
      : undefined;
    const { warn } = context;
    const todo = await startWhenOff(connection, names, { sharesOf, warn });
    // Their locks are free again: one that never answers can be stopped.
    if (wait && !context.dryRun) {
      const what = (name: string) => `cannot reach the agent of "${name}"`;
      const alive = (name: string) => async () =>
        mustRun(await listDomains(virsh), name, what(name));
      await Promise.all(
        names.map((name) => waitForAgent(virsh, name, timeout, alive(name))),
      );
    }
    if (!context.dryRun) await restoreLater(connection, context, todo);
    names.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsStart);
