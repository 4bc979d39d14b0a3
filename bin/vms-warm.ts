/** Freeze booted templates, so that VMs are forked instead of booted. */

import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { Failure } from "../lib/command/failure.ts";
import { type Connection, open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lock } from "../lib/lock/lock.ts";
import { checkSource } from "../lib/names/names.ts";
import { humanSize } from "../lib/names/values.ts";
import { mustFindVersion, type Version } from "../lib/template/versions.ts";
import { bake } from "../lib/warm/bake.ts";
import { dropWarm, sweepWarm } from "../lib/warm/drop.ts";
import { listWarm } from "../lib/warm/list.ts";
import { endOutdated } from "../lib/warm/discard.ts";
import { refill } from "../lib/warm/pool.ts";

const TEMPLATE = {
  name: "TEMPLATE",
  help: "template, or a version of one (gui@3)",
  check: checkSource,
  complete: "template",
} as const;

export const vmsWarm = commandWithVerbs({
  name: "vms-warm",
  summary: "Freeze booted templates, so that VMs start without booting",
  description: [
    "A warm image is a version of a template that was booted, and frozen when it was up: memory, state of its devices and disk. vms-dispose and vms-clone --start fork it: the new VM goes on from there, in a fraction of a second. Memory is shared copy-on-write, so that a VM costs what it has written to.",
    "A fork is given its own entropy, clock, machine ID, boot ID and host name before a command runs in it, then its own network card, and makes ssh host keys of its own. What the forks of one warm image have in common until it is baked anew: where the kernel and the programs that were frozen lie in memory, what those had drawn from the random number generator, in a graphical template X's cookie and the ID of D-Bus's bus; and one can measure whether another has written to a page. vms-dispose --cold shares nothing.",
    "It is used as long as QEMU, libvirt, kernel, processor and the toolkit are the same. Else, and where a fork fails, VMs are booted; --trace says why. It needs libvirt on this host.",
  ],
  needs: {
    run: ["grep", "stat", "sync", "virsh"],
    write: ["/run/vms", "/run/user"],
    net: true,
    sys: ["networkInterfaces", "osRelease", "uid"],
  },
  exits: { missing: "there is no such template" },
  examples: [
    ["vms-warm bake gui", "for the newest version of gui"],
    ["vms-warm list", "which can be forked"],
    ["vms-warm drop gui@2", "delete one"],
  ],
  verbs: {
    bake: verb({
      summary: "boot a template and freeze it",
      operands: [{ ...TEMPLATE, many: true }],
      async run({ operands }, _options, context) {
        const connection = await open(context);
        const list = await listDomains(connection.virsh);
        const wanted = operands.map((word) => mustFindVersion(list, word));
        const failures: Failure[] = [];
        for (const version of wanted) {
          try {
            if (!context.dryRun) await bakeAndFill(connection, version);
            context.out.name(version.name);
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            failures.push(error);
          }
        }
        if (!context.dryRun) {
          await endOutdated(connection);
          await sweepWarm(connection);
        }
        const last = failures.pop();
        failures.forEach(({ message }) => context.say(`error: ${message}`));
        if (last) throw last;
      },
    }),
    list: verb({
      summary: "list warm images",
      async run(_words, _options, context) {
        const found = await listWarm(await open(context));
        context.out.list(found, [
          { header: "NAME", text: ({ name }) => name },
          { header: "SIZE", text: ({ size }) => humanSize(size) },
          { header: "STATE", text: ({ state }) => state },
        ]);
      },
    }),
    drop: verb({
      summary: "delete the warm image of a template",
      operands: [TEMPLATE],
      async run({ operands: [word = ""] }, _options, context) {
        const connection = await open(context);
        const list = await listDomains(connection.virsh);
        const { name } = mustFindVersion(list, word);
        using _held = await lock("warm", name);
        if (!context.dryRun) {
          await dropWarm(connection, name);
          await endOutdated(connection);
        }
        context.out.name(name);
      },
    }),
  },
});

async function bakeAndFill(connection: Connection, version: Version) {
  await bake(connection, version);
  await refill(connection, () => {});
}

if (import.meta.main) await main(vmsWarm);
