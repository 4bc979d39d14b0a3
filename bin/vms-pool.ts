/** Keep disposables ready, so that they are only woken. */

import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { checkName } from "../lib/names/names.ts";
import { mustFindVersion } from "../lib/template/versions.ts";
import { drain, poolStates, refill, setPool } from "../lib/warm/pool.ts";

const TEMPLATE = {
  name: "TEMPLATE",
  help: "name of a template",
  check: checkName,
  complete: "template",
} as const;

export const vmsPool = commandWithVerbs({
  name: "vms-pool",
  summary: "Keep disposables ready, so that they are only woken",
  description: [
    "A pool holds forks of a template's warm image (vms-warm) that are paused and have never run: no time passes in them, they use no CPU and little memory. vms-dispose takes one where it can, and lets the pool be filled again once the user has what was asked for. Two never get the same.",
    "Each user has pools of their own, kept in ~/.config/vms/pool.toml. Filling makes one at a time and none where memory is short; what was resumed by hand, or rests on an older version, is ended. The systemd user unit vms-pool.service fills them at login.",
    "status prints with --json: name, wanted, ready, why.",
  ],
  needs: {
    run: ["virsh", "stat", "grep"],
    write: ["~"],
    net: true,
    sys: ["networkInterfaces", "osRelease", "uid"],
  },
  exits: { missing: "there is no such template" },
  examples: [
    ["vms-pool set gui 2", "two are ready from now on"],
    ["vms-pool status", "how many there are"],
    ["vms-pool drain", "end them all; 'set TEMPLATE 0' keeps it so"],
  ],
  otherwise: "status",
  verbs: {
    set: verb({
      summary: "say how many are wanted, and fill the pool",
      operands: [TEMPLATE, {
        name: "N",
        help: "how many; 0 for none",
        check: (word) => {
          if (!/^[0-9]{1,2}$/.test(word)) {
            throw new Error("must be a number from 0 to 50");
          }
        },
      }],
      async run({ operands: [template = "", number] }, _options, context) {
        const connection = await open(context);
        const size = Number(number);
        const list = await listDomains(connection.virsh);
        if (size > 0) mustFindVersion(list, template);
        if (context.dryRun) return;
        await setPool(connection, template, size, context.say);
      },
    }),
    status: verb({
      summary: "how many are ready",
      async run(_words, _options, context) {
        const states = await poolStates(await open(context));
        context.out.table(states, [
          { header: "NAME", text: ({ name }) => name },
          { header: "WANTED", text: ({ wanted }) => `${wanted}` },
          { header: "READY", text: ({ ready }) => `${ready}` },
          { header: "WHY", text: ({ why }) => why },
        ]);
      },
    }),
    refill: verb({
      summary: "make what is missing, end what is of no use",
      async run(_words, _options, context) {
        const connection = await open(context);
        if (!context.dryRun) await refill(connection, context.say);
      },
    }),
    drain: verb({
      summary: "end those of one template, or of all",
      operands: [{ ...TEMPLATE, optional: true }],
      async run({ operands: [template] }, _options, context) {
        const connection = await open(context);
        if (context.dryRun) return;
        const ended = await drain(connection, template);
        ended.forEach(context.out.name);
      },
    }),
  },
});

if (import.meta.main) await main(vmsPool);
