/** Stop VMs. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { type Connection, open } from "../lib/libvirt/connection.ts";
import { active, findListed, listDomains } from "../lib/libvirt/domain.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { duration } from "../lib/names/values.ts";
import { VMS } from "../lib/vm/operands.ts";
import { dropLayers, stop } from "../lib/vm/stop.ts";

export const vmsStop = command({
  name: "vms-stop",
  summary: "Shut VMs down",
  description: [
    "Asks the guests to shut down, all at the same time, and waits for them. What a disposable wrote is deleted when it is off.",
    "With --force the power of those is cut that are not off in time; --force --timeout=0 cuts it at once.",
  ],
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"] },
  exits: { timeout: "a VM still runs; it is named" },
  examples: [
    ["vms-stop work-client1", "shut it down"],
    ["vms-list --state=running | vms-stop -", "all that run"],
    ["vms-stop --force --timeout=0 bank", "cut its power"],
  ],
  operands: [VMS],
  options: {
    force: { short: "f", help: "cut the power of those that do not shut down" },
    timeout: {
      value: "TIME",
      default: "2m",
      help: "how long to wait for them",
      as: duration,
    },
  },
  async run({ operands: names }, { force, timeout }, context) {
    const connection = await open(context);
    const running = await unchanged(connection, names);
    if (running.length > 0) await stop(connection, running, { timeout, force });
    await dropLayers(connection, names);
    names.forEach(context.out.name);
  },
});

/**
 * Those of them that run, when no other command is changing one. While they shut down whoever has lost patience can cut
 * their power.
 */
async function unchanged(
  connection: Connection,
  names: string[],
): Promise<string[]> {
  using _held = await lockAll("vm", names);
  const list = await listDomains(connection.virsh);
  return names.filter((name) => active(findListed(list, name).state));
}

if (import.meta.main) await main(vmsStop);
