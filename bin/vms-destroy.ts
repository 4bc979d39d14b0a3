/** Destroy VMs. */

import { removeOwn } from "../cache/removal.ts";
import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { VMS } from "../lib/vm/operands.ts";
import { checkDestroyable, destroyVms } from "../lib/vm/destroy.ts";

export const vmsDestroy = command({
  name: "vms-destroy",
  summary: "Delete VMs with their disks",
  description: [
    "Deletes a VM that is off with all its disks and snapshots, and its packages in the cache; there is no way back. A VM whose disks others rest on is refused, and those are named.",
  ],
  needs: { run: ["secret-tool", "virsh"], write: ["~"] },
  exits: { conflict: "a VM runs, or others rest on its disks" },
  examples: [["vms-destroy work-client2", "it must be off"]],
  operands: [VMS],
  options: { force: { short: "f", help: "also VMs that run" } },
  async run({ operands: names }, options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", names);
    const list = await listDomains(connection.virsh);
    const volumes = await connection.pool.volumes();
    checkDestroyable(list, volumes, names, options);
    await destroyVms(connection, list, names);
    if (connection.virsh.local) {
      await removeOwn(connection.config.cache, context, names);
    }
    names.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsDestroy);
