/** Give VMs folders of this host. */

import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { lock } from "../lib/lock/lock.ts";
import { listShares, type Share } from "../lib/share/listing.ts";
import { mountpoint } from "../lib/share/mountpoint.ts";
import { VM } from "../lib/vm/operands.ts";
import {
  addShare,
  permitShares,
  removeShares,
  restoreShares,
} from "../lib/vm/share.ts";

const add = verb({
  summary: "share a folder until the VM stops",
  operands: [VM, {
    name: "FOLDER",
    help: "a folder of this host",
    complete: "directory",
  }],
  options: {
    rw: { short: "w", help: "let the VM write to it" },
    at: { value: "PATH", help: "path in the VM", as: mountpoint },
    persistent: { short: "p", help: "again whenever vms-start starts the VM" },
    force: { short: "f", help: "also a folder that is not given away" },
  },
  async run({ operands: [vm = "", word = ""] }, options, context) {
    const connection = await open(context);
    using _held = context.dryRun ? undefined : await lock("vm", vm);
    await addShare(connection, context, { vm, word, ...options });
  },
});

const list = verb({
  summary: "list what a VM has, or all of them",
  operands: [{ ...VM, optional: true }],
  async run({ operands: [vm] }, _options, context) {
    const { virsh } = await open(context);
    context.out.list(await listShares(virsh, vm), [
      { header: "PATH", text: ({ path }) => path },
      { header: "VM", text: ({ vm }) => vm },
      { header: "MODE", text: ({ writable }) => writable ? "rw" : "ro" },
      { header: "FOLDER", text: ({ folder }) => folder },
      { header: "STATE", text: state },
    ]);
  },
});

function state({ attached, kept, gone }: Share): string {
  const words = [
    !attached && "off",
    kept && "persistent",
    gone && "gone",
  ];
  return words.filter(Boolean).join(", ");
}

const restore = verb({
  summary: "give a VM what is persistent; vms-start does so",
  operands: [VM],
  async run({ operands: [vm = ""] }, _options, context) {
    const connection = await open(context);
    if (!context.dryRun) await restoreShares(connection, context, vm);
  },
});

const remove = verb({
  summary: "take a folder back, or all that the VM has",
  operands: [VM, {
    name: "FOLDER",
    help: "the folder, or its path in the VM",
    optional: true,
    complete: "directory",
  }],
  options: { force: { short: "f", help: "also what is in use in the VM" } },
  async run({ operands: [vm = "", word] }, { force }, context) {
    const connection = await open(context);
    using _held = context.dryRun ? undefined : await lock("vm", vm);
    await removeShares(connection, context, { vm, word, force });
  },
});

function permission(summary: string, allow: boolean) {
  return verb({
    summary,
    operands: [VM],
    async run({ operands: [vm = ""] }, _options, context) {
      const connection = await open(context);
      using _held = context.dryRun ? undefined : await lock("vm", vm);
      await permitShares(connection, context, vm, allow);
    },
  });
}

export const share = commandWithVerbs({
  name: "vms-share",
  summary: "Give a VM that runs a folder of this host",
  description: [
    "The folder appears in the VM at /mnt/FOLDER, or at the path of --at, until the VM stops or the share is removed. With --persistent vms-start gives it again, once the VM has booted.",
    "A share is read-only unless --rw is given. That is enforced on this host: the folder is mounted read-only for the program that serves it, whatever root in the VM does. With --rw what the VM's first user writes belongs to the owner of the folder. Root in the VM is nobody on this host: in a folder that is not root's it can leave no file of root, no device and no program that runs as root. A folder that root in the VM makes is emptied by root in the VM, or by root here. What a VM changes there comes from the VM: do not run it.",
    "Links are followed before the folder is judged. Refused without --force are /, your home and what holds it; ssh and gpg keys, keyrings, what opens accounts in a cloud, profiles of browsers, what vms keeps (passwords of VMs and logs), and what holds one of them; folders of the system, the disks of VMs, and with --rw what is not yours or is root's.",
    "Only a VM whose memory is shared with the host can have shares: one made by vms-clone --shares or vms-dispose --shares, or any that allow was said of, from its next start on. The price is density: KSM merges equal pages of VMs only where their memory is private, so each such VM takes all of its own. A clone of such a VM is not one: it has none of its shares, and may have none until it is allowed.",
    "A VM has few slots for what is plugged in while it runs, and each share takes one, as a network card does. A snapshot with memory cannot be made while something is shared; vms-snapshot create --memory --detach takes all away for as long, and gives it back.",
    "With --json, list prints vm, path, folder, writable, attached for what the VM has now, kept for what is persistent, and gone for a folder that is on this host no longer.",
  ],
  needs: { run: ["virsh"], sys: ["uid"] },
  exits: {
    missing: "no such VM, folder or share",
    conflict: "the VM is off or may not have shares, something is at that " +
      "path, it has no slot left, or the folder is not given away",
    host: "the VM runs on another host",
  },
  examples: [
    ["vms-share allow work-client1", "it may have shares when started anew"],
    ["vms-share work-client1 ~/client1", "read-only, at /mnt/client1"],
    ["vms-share work-client1 ~/client1 --rw", "and writable"],
    ["vms-share list", "what which VM has"],
    ["vms-share remove work-client1 ~/client1", "take it back"],
  ],
  verbs: {
    add,
    list,
    remove,
    restore,
    allow: permission("let a VM have shares from its next start on", true),
    deny: permission("let a VM have none from its next start on", false),
  },
  otherwise: "add",
});

if (import.meta.main) await main(share);
