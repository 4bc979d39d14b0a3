/** Give VMs a new root layer on the newest version of their template. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lockAll } from "../lib/lock/lock.ts";
import { VMS } from "../lib/vm/operands.ts";
import { rebuild, rebuildTarget } from "../lib/vm/rebuild.ts";

export const vmsRebuild = command({
  name: "vms-rebuild",
  summary: "Give VMs a new root layer on the newest version of their template",
  description: [
    "What lies in /home stays. All else that was changed or installed in the VM is gone: it comes from the template. Snapshots keep the old layers.",
  ],
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"] },
  exits: { conflict: "a VM runs, or rests on no template" },
  examples: [
    ["vms-rebuild work-client1", "it must be off"],
    ["vms-list --template=gui --state=off | vms-rebuild -", "all on gui"],
  ],
  operands: [VMS],
  async run({ operands: names }, _options, context) {
    const connection = await open(context);
    using _held = await lockAll("vm", names);
    const list = await listDomains(connection.virsh);
    const targets = names.map((name) => rebuildTarget(list, name));
    for (const [i, name] of names.entries()) {
      await rebuild(connection, name, targets[i]!);
      context.out.name(name);
    }
  },
});

if (import.meta.main) await main(vmsRebuild);
