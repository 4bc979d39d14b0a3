/** What guests keep in memory and do not use goes back to the host. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { findListed, listDomains } from "../lib/libvirt/domain.ts";
import { humanSize, size } from "../lib/names/values.ts";
import { press } from "../lib/usage/balloon.ts";
import { VMS } from "../lib/vm/operands.ts";

export const vmsBalloon = command({
  name: "vms-balloon",
  summary: "Take memory that guests do not use back, if it is short",
  description: [
    "What a guest has read it keeps in memory for as long as it can, and the host cannot tell that from memory in use. Where less memory is available on this host than --below says, the balloon of each VM that runs, or of each that is named, is blown up until its guest has what it says it uses, a quarter more, and at least 256 MiB; then it is let out at once. What was pressed out is the host's, until the guest uses it again; no guest has less than it was promised but for that moment, in which its kernel takes out of the balloon what it cannot do without.",
    "It looks once. The systemd user unit vms-balloon.timer, which is off until somebody enables it, does so every minute.",
    "Left alone are VMs that were forked (they have no balloon, and share their memory with others anyway), those that were started by an older vms, and guests that do not tell what they use.",
    "Names of VMs that gave memory back go to standard output. With --json, each is an object on a line of its own: name, before, resident (bytes that QEMU holds for it).",
  ],
  needs: { run: ["grep", "virsh"] },
  exits: {
    missing: "there is no VM of that NAME",
    host: "the VMs run on another machine",
  },
  examples: [
    ["vms-balloon", "if less than a quarter of the memory is available"],
    ["vms-balloon --below=6G", "so that there may be 6 GiB for others"],
    ["systemctl --user enable --now vms-balloon.timer", "from now on"],
  ],
  operands: [{ ...VMS, optional: true }],
  options: {
    below: {
      value: "SIZE",
      help: "act where less is available; a quarter of all where left out",
      as: size,
    },
  },
  async run({ operands: names }, { below }, context) {
    const connection = await open(context);
    const list = await listDomains(connection.virsh);
    const chosen = names.length > 0
      ? names.map((name) => findListed(list, name))
      : list.filter(({ kind }) => kind === "appvm" || kind === "disposable");
    const running = chosen.filter(({ state }) => state === "running")
      .map(({ name }) => name);
    const pressed = await press(connection, running, below);
    context.out.list(pressed, [
      { header: "NAME", text: ({ name }) => name },
      { header: "BEFORE", text: ({ before }) => humanSize(before) },
      { header: "RESIDENT", text: ({ resident }) => humanSize(resident) },
    ]);
  },
});

if (import.meta.main) await main(vmsBalloon);
