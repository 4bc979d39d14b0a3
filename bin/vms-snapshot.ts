/** Snapshots of AppVMs. */

import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { active, listDomains, snapshotsOf } from "../lib/libvirt/domain.ts";
import { lock } from "../lib/lock/lock.ts";
import { checkName } from "../lib/names/names.ts";
import { VM } from "../lib/vm/operands.ts";
import {
  createSnapshot,
  deleteSnapshot,
  findSnapshot,
  revertSnapshot,
  snapshotVm,
} from "../lib/vm/snapshot.ts";
import { restoreLater } from "../lib/vm/shares_at_start.ts";

const SNAPSHOT = {
  name: "SNAPSHOT",
  help: "name of a snapshot",
  check: checkName,
} as const;

export const vmsSnapshot = commandWithVerbs({
  name: "vms-snapshot",
  summary: "Take, list, go back to and delete snapshots of an AppVM",
  description: [
    "A snapshot freezes the VM's disks, root and home; it takes a moment, also of a VM that runs. With --memory that is frozen too, and reverting brings the VM back running as it was.",
    "Reverting deletes what the VM wrote since. Deleting a snapshot merges its layers, so chains do not grow.",
    "Memory cannot be saved while the VM has shares (vms-share). With --detach they are taken away for as long as it takes, and given back as they were, also where the snapshot fails; one that something in the VM uses, or whose folder you may not see, is an error, and then no snapshot is made. What is persistent stays so. A VM that is reverted to its memory has no shares at first; those that are persistent are given to it again.",
  ],
  needs: { run: ["virsh", "vms-share"], write: ["/run/vms", "/run/user"] },
  exits: {
    conflict: "wrong state, the name is taken, or shares are in the way",
    host: "with --detach: the VM has shares, and runs on another host",
  },
  examples: [
    ["vms-snapshot create web before-update", ""],
    ["vms-snapshot create --memory --detach web open", "though it has shares"],
    ["vms-snapshot revert web before-update", "the VM is off, or --force"],
  ],
  verbs: {
    create: verb({
      summary: "freeze the present state",
      operands: [VM, SNAPSHOT],
      options: {
        memory: { short: "m", help: "of a running VM also its memory" },
        detach: {
          short: "d",
          help: "with --memory: take its shares away for as long",
        },
      },
      async run({ operands: [name = "", snapshot = ""] }, given, context) {
        if (given.detach && !given.memory) throw memoryAlone(name, snapshot);
        const connection = await open(context);
        using _held = await lock("vm", name);
        const list = await listDomains(connection.virsh);
        const vm = await snapshotVm(connection, list, name);
        const { warn } = context;
        await createSnapshot(connection, vm, snapshot, { ...given, warn });
        context.out.name(snapshot);
      },
    }),
    list: verb({
      summary: "list the snapshots of a VM",
      operands: [VM],
      async run({ operands: [name = ""] }, _given, context) {
        const connection = await open(context);
        const list = await listDomains(connection.virsh);
        const { domain } = await snapshotVm(connection, list, name);
        const rows = snapshotsOf(domain).map(({ name, created, memory }) => ({
          name,
          created: new Date(created * 1000).toISOString(),
          memory: memory !== undefined,
        }));
        context.out.list(rows, [
          { header: "NAME", text: (row) => row.name },
          {
            header: "CREATED",
            text: (row) => row.created.slice(0, 19).replace("T", " "),
          },
          { header: "MEMORY", text: (row) => row.memory ? "yes" : "no" },
        ]);
      },
    }),
    revert: verb({
      summary: "go back to a snapshot; what came after it is lost",
      operands: [VM, SNAPSHOT],
      options: { force: { short: "f", help: "also a VM that runs" } },
      async run({ operands: [name = "", snapshot = ""] }, given, context) {
        const connection = await open(context);
        using _held = await lock("vm", name);
        const list = await listDomains(connection.virsh);
        const vm = await snapshotVm(connection, list, name);
        const found = findSnapshot(vm.domain, snapshot);
        if (active(vm.state) && !given.force) {
          const what = `cannot revert "${name}"`;
          throw new Failure(
            "conflict",
            what,
            `it is ${vm.state}`,
            `vms-stop ${name}`,
          );
        }
        await revertSnapshot(connection, vm, found);
        if (found.memory && !context.dryRun) {
          await restoreLater(connection, context, [name]);
        }
        context.out.name(snapshot);
      },
    }),
    delete: verb({
      summary: "forget a snapshot, keep the present state",
      operands: [VM, SNAPSHOT],
      async run({ operands: [name = "", snapshot = ""] }, _given, context) {
        const connection = await open(context);
        using _held = await lock("vm", name);
        const list = await listDomains(connection.virsh);
        const vm = await snapshotVm(connection, list, name);
        await deleteSnapshot(connection, vm, findSnapshot(vm.domain, snapshot));
        context.out.name(snapshot);
      },
    }),
  },
});

function memoryAlone(vm: string, snapshot: string): Failure {
  return new Failure(
    "usage",
    `cannot make the snapshot "${snapshot}"`,
    "--detach is for --memory; without it shares are not in the way",
    `vms-snapshot create ${vm} ${snapshot}`,
  );
}

if (import.meta.main) await main(vmsSnapshot);
