/** Open the serial console of a VM. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { openConsole, refuseWithoutTerminal } from "../lib/console/terminal.ts";
import { open } from "../lib/libvirt/connection.ts";
import { findListed, listDomains } from "../lib/libvirt/domain.ts";
import { VM } from "../lib/vm/operands.ts";
import { startWhenOff } from "../lib/vm/start_when_off.ts";

export const vmsConsole = command({
  name: "vms-console",
  summary: "Open the serial console of a VM in this terminal",
  description: [
    "The VM's serial line is this terminal; Ctrl-] leaves it, and the VM runs on. Escape sequences of the guest that do more than draw are left out: it cannot set the title or the clipboard, or ask the terminal for answers that are then typed at its shell, or at yours. With --raw they reach the terminal as they are; leave the console of a VM that you do not trust to a terminal of its own then.",
  ],
  needs: {
    run: ["virsh", "stty"],
    write: ["/run/vms", "/run/user"],
    net: true,
    sys: ["networkInterfaces"],
  },
  exits: { conflict: "the VM is off", host: "standard input is no terminal" },
  examples: [["vms-start web && vms-console web", "start it and log in"]],
  operands: [VM],
  options: {
    start: { help: "start the VM where it is off" },
    raw: { help: "show what the guest sends as it is" },
  },
  async run({ operands: [name = ""] }, options, context) {
    const connection = await open(context);
    const list = await listDomains(connection.virsh);
    const found = findListed(list, name);
    if (options.start && found.state !== "running") {
      refuseWithoutTerminal(`cannot open the console of "${name}"`);
      await startWhenOff(connection, [name], context);
    }
    await openConsole(context, connection.virsh, name, {
      off: !options.start && found.state === "shut off",
      raw: options.raw,
    });
  },
});

if (import.meta.main) await main(vmsConsole);
