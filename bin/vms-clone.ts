/** Make VMs: a clone is an empty layer, so it takes a fraction of a second. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { findListed, listDomains } from "../lib/libvirt/domain.ts";
import { lock, lockAll } from "../lib/lock/lock.ts";
import { count, memory, size } from "../lib/names/values.ts";
import { PRICE } from "../lib/share/price.ts";
import { findVersion } from "../lib/template/versions.ts";
import { refuseTaken } from "../lib/vm/free_names.ts";
import { clone } from "../lib/vm/clone.ts";
import { NEW_VMS, SOURCE } from "../lib/vm/operands.ts";

export const vmsClone = command({
  name: "vms-clone",
  summary: "Make VMs from a template or from an AppVM",
  description: [
    "A clone is an AppVM with a root layer on the source and a home disk of its own. It has its own UUID, MAC address, machine ID, host name and ssh host keys. All names are made, or none.",
    "An AppVM as SOURCE may run: its present disks are frozen as the base that it and the clone go on from. With qemu-guest-agent in it, its file systems are at rest in that moment. The clone is connected as it is, behind the same firewall rules. It has no shares (vms-share), and may have none unless --shares is given, whatever SOURCE may.",
    "With --disposable the VM is a skeleton: each start is fresh from the newest version of the template, and vms-stop deletes what it wrote. Where the guest shuts down by itself, or the host goes down, the next vms-start of it, vms-dispose, vms-template prune or vms-doctor --repair does.",
    "With --start a clone of a template that has a warm image (vms-warm) is forked from that and runs at once. At its next start it boots from its own disks, like any AppVM.",
    "Each is given a random password, which vms-passwords shows.",
  ],
  needs: {
    run: ["grep", "openssl", "secret-tool", "stat", "virsh"],
    write: ["~"],
    net: true,
    sys: ["networkInterfaces", "osRelease"],
  },
  exits: {
    missing: "there is no such SOURCE",
    conflict: "a VM of that NAME exists",
  },
  examples: [
    ["vms-clone gui work-client1", "an AppVM from the newest version of gui"],
    ["vms-clone --start gui a b c", "three, and start them"],
    ["vms-clone work-client1 work-client2", "a copy of an AppVM"],
    ["vms-clone --disposable gui scratch", "fresh at each start"],
  ],
  operands: [SOURCE, NEW_VMS],
  options: {
    memory: {
      short: "m",
      value: "SIZE",
      help: "memory, such as 2G",
      as: memory,
    },
    vcpus: { short: "c", value: "N", help: "virtual CPUs", as: count },
    disk: { value: "SIZE", help: "size of the root disk", as: size },
    "home-size": { value: "SIZE", help: "size of the home disk", as: size },
    network: {
      value: "NETWORK",
      help: "as vms-net takes it, or a libvirt network",
    },
    disposable: { help: "fresh from the template at each start" },
    shares: {
      help: "let them have shares (vms-share); costs memory density",
    },
    start: {
      help: "start them: forked where there is a warm image (vms-warm)",
    },
    cold: { help: "boot them, also where they could be forked" },
  },
  async run({ operands }, options, context) {
    const [source = "", ...names] = operands;
    const connection = await open(context);
    using _held = await lockAll("vm", names);
    const found = await listDomains(connection.virsh);
    // Names that wait for others are free ones, so no two wait for each other.
    refuseTaken(found, names);
    // An AppVM is changed as well: what is on its disks becomes a base.
    using held = findVersion(found, source)
      ? undefined
      : await lock("vm", findListed(found, source).name, { wait: true });
    const list = held ? await listDomains(connection.virsh) : found;
    const how = { ...options, homeSize: options["home-size"] };
    if (options.start && !context.dryRun) {
      // Much to load, for those who wait for it anyway.
      const { cloneRunning } = await import("../lib/vm/clone_running.ts");
      await cloneRunning(connection, context, list, source, names, how);
    } else await clone(connection, context, list, source, names, how);
    if (options.shares) context.say(`with --shares ${PRICE}`);
    names.forEach(context.out.name);
  },
});

if (import.meta.main) await main(vmsClone);
