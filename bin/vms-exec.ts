/** Run a program in VMs. */

import { command } from "../lib/command/declaration.ts";
import { Failure, GuestExit } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { checkName } from "../lib/names/names.ts";
import { count, duration } from "../lib/names/values.ts";
import { exec } from "../lib/inside/exec.ts";
import { execInAll } from "../lib/inside/exec_all.ts";
import { VM } from "../lib/vm/operands.ts";
import { chooseVms } from "../lib/vm/selection.ts";

export const vmsExec = command({
  name: "vms-exec",
  summary: "Run a program in a VM",
  description: [
    "Runs CMD in a VM that runs, as the VM's user and without a shell, in that user's home. Input, output and signals go to it and come from it as they are, byte for byte; the exit code is that of CMD, 127 where there is no such program or directory and 126 where it may not be run. It works without a network: the agent in the VM answers on a virtio-serial port.",
    "Where output goes to a terminal, escape sequences that do more than draw are left out: a guest cannot set the title or the clipboard.",
    "With several VMs, --all or --template, CMD has no input, and each line it says begins with the name of its VM; lines come as they are said, without control characters. The exit code is 1 where CMD failed in one of them. With --json one object per VM is printed when CMD has ended there: name, exit_code, stdout, stderr, and error where it could not be run or did not end in time. Of more than 16 MiB it prints the beginning, with truncated true, and ends CMD; without --json there is no limit.",
    "Where CMD is killed by --timeout the exit code is 5. That time begins when CMD does: a VM that boots is waited for beforehand, up to 10 minutes.",
    "A VM that says nothing for 45 seconds is given up, also where vms-pause(1) has paused it; CMD is killed when the VM goes on. Ctrl-Z on this command gives nothing up.",
    "What CMD leaves running in the background goes on; what it says then is lost. When this command is killed, so are CMD and all that it has started, but for what began a session of its own (setsid(1)).",
  ],
  needs: { run: ["virsh"], write: ["/run/vms", "/run/user"], net: true },
  exits: {
    conflict: "the VM is off or paused, or all ports are in use",
    timeout: "CMD took longer than --timeout, or the VM does not answer",
  },
  examples: [
    ["vms-exec work-client1 -- make -C src", "as if it ran here"],
    ["tar c report | vms-exec work-client1 -- tar x -C /tmp", "input too"],
    ["vms-exec --root work-client1 -- pacman -Syu", "as root"],
    ["vms-exec --all --template=gui -- systemctl is-system-running", "in many"],
  ],
  operands: [{
    ...VM,
    help: "names of VMs; - reads them from standard input",
    many: true,
    optional: true,
  }],
  rest: "CMD [ARG]...",
  options: {
    root: { short: "r", help: "run CMD as root" },
    all: { short: "a", help: "in all VMs that run" },
    template: {
      value: "TEMPLATE",
      help: "in all that run and rest on that template",
      as: (word) => (checkName(word), word),
      complete: "template",
    },
    jobs: {
      short: "j",
      value: "N",
      default: "8",
      help: "in so many VMs at a time",
      as: count,
    },
    directory: { short: "C", value: "PATH", help: "run CMD there" },
    timeout: {
      value: "TIME",
      help: "kill CMD that time after it began",
      as: duration,
    },
  },
  async run({ operands, rest = [] }, options, context) {
    const { all, template, jobs, ...how } = options;
    if (rest.length === 0) {
      const what = "cannot run anything";
      const hint = "vms-exec VM -- CMD";
      throw new Failure("usage", what, "no CMD stands behind --", hint);
    }
    const connection = await open(context);
    const many = all || template !== undefined || operands.length > 1;
    if (!many && !context.out.json && !context.dryRun && operands[0]) {
      const code = await exec(connection, context, operands[0], rest, how);
      if (code !== 0) throw new GuestExit(code);
      return;
    }
    const names = await chooseVms(connection, operands, { all, template });
    if (context.dryRun) return names.forEach(context.out.name);
    const limits = { ...how, jobs };
    const code = await execInAll(connection, context, names, rest, limits);
    if (code !== 0) throw new GuestExit(code);
  },
});

if (import.meta.main) await main(vmsExec);
