/** A shell in a VM. */

import { command } from "../lib/command/declaration.ts";
import { GuestExit } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { VM } from "../lib/vm/operands.ts";
import { shell } from "../lib/inside/shell.ts";

export const vmsShell = command({
  name: "vms-shell",
  summary: "Open a shell in a VM",
  description: [
    "Opens the shell of the VM's user, or runs CMD, on a terminal in the VM that is as large as this one and follows it. It works without a network. The exit code is that of the shell or of CMD.",
    "A VM that says nothing for 45 seconds is given up, also where vms-pause(1) has paused it; what ran on the terminal is killed when the VM goes on.",
    "Enter, ~ and . leave a VM that hangs. Escape sequences that do more than draw are left out: a guest cannot set the title or the clipboard, or ask the terminal for answers that are then typed at your shell.",
  ],
  needs: {
    run: ["virsh"],
    net: true,
    write: ["/run/vms", "/run/user"],
    env: ["TERM"],
  },
  exits: {
    conflict: "the VM is off or paused, or all ports are in use",
    host: "standard input is no terminal",
  },
  examples: [
    ["vms-shell work-client1", "as the VM's user"],
    ["vms-shell --root work-client1", "as root"],
    ["vms-shell work-client1 -- htop", "one program"],
  ],
  operands: [VM],
  rest: "CMD [ARG]...",
  options: {
    root: { short: "r", help: "as root" },
    directory: { short: "C", value: "PATH", help: "begin there" },
  },
  async run({ operands: [name = ""], rest = [] }, options, context) {
    const connection = await open(context);
    const code = await shell(connection, context, name, rest, options);
    if (code !== 0) throw new GuestExit(code);
  },
});

if (import.meta.main) await main(vmsShell);
