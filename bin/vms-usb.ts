import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { lock } from "../lib/lock/lock.ts";
import { checkName } from "../lib/names/names.ts";
import {
  attach as attachDevice,
  detach as detachDevice,
  findAttached,
  listDevices,
} from "../lib/usb/attachment.ts";

const DEVICE = {
  name: "DEVICE",
  help: "its serial, port (2-1.4) or vendor:product",
  complete: "usb",
} as const;
const VM = {
  name: "VM",
  help: "a VM that runs",
  check: checkName,
  complete: "vm",
} as const;
const options = {
  sysfs: {
    value: "DIR",
    default: "/sys",
    complete: "directory",
    help: "where sysfs is mounted",
  },
} as const;

const list = verb({
  summary: "list USB devices, and the VMs that have them",
  options,
  async run(_words, { sysfs }, context) {
    const { virsh } = await open(context);
    context.out.list(await listDevices(virsh, sysfs), [
      { header: "PORT", text: ({ port }) => port },
      { header: "ID", text: ({ id, gone }) => id ?? (gone ? "gone" : "") },
      { header: "NAME", text: ({ name }) => name },
      { header: "SERIAL", text: ({ serial }) => serial ?? "" },
      { header: "VM", text: ({ vm }) => vm ?? "" },
    ]);
  },
});

const attach = verb({
  summary: "give a device to a VM until that stops",
  operands: [DEVICE, VM],
  options,
  async run({ operands }, { sysfs }, context) {
    const [word, vm] = operands as [string, string];
    const { virsh } = await open(context);
    using _lock = context.dryRun ? undefined : await lock("vm", vm);
    await attachDevice(virsh, { word, vm, sysfs });
    context.out.name(vm);
  },
});

const detach = verb({
  summary: "take a device from the VM that has it",
  operands: [DEVICE, { ...VM, optional: true }],
  options,
  async run({ operands: [word, vm] }, { sysfs }, context) {
    const { virsh } = await open(context);
    const owner = await findAttached(virsh, { word: word!, vm, sysfs });
    using _lock = context.dryRun ? undefined : await lock("vm", owner.vm);
    await detachDevice(virsh, owner);
    context.out.name(owner.vm);
  },
});

export const usb = commandWithVerbs({
  name: "vms-usb",
  summary: "give USB devices of this host to VMs",
  description: [
    "A device is named by its serial, by the port it is plugged into, such " +
    "as 2-1.4, or by vendor:product. Where two have the name, the port tells " +
    "them apart. Hubs stay with the host.",
    "A device that was pulled out while a VM had it is listed as gone under " +
    "its address, such as 002:003, by which it can be detached. Plugged in " +
    "again it is a new device.",
    "attach and detach print the VM's name. With --json, list prints port, id, name, serial, vm and gone. Names and " +
    "serials are what devices claim; other than printable characters are " +
    "shown as ?.",
  ],
  needs: { run: ["virsh", "find"] },
  exits: {
    missing: "no such device or VM",
    conflict: "several devices, a hub, a VM that does not run, or one that " +
      "has the device already",
    host: "the kernel of this host has no USB",
  },
  examples: [
    ["vms-usb list", "what is plugged in, and who has it"],
    ["vms-usb attach 2-1.4 work-client1", "the device in that port"],
    ["vms-usb detach 2-1.4", "from the VM that has it"],
  ],
  verbs: { list, attach, detach },
});

if (import.meta.main) await main(usb);
