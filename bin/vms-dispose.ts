/** Start a throw-away VM. */

import { command } from "../lib/command/declaration.ts";
import { GuestExit } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { checkSource } from "../lib/names/names.ts";
import { count, duration, memory } from "../lib/names/values.ts";
import { PRICE } from "../lib/share/price.ts";
import { mustFindVersion } from "../lib/template/versions.ts";
import { unnamed } from "../lib/disposable/end.ts";
import { startDisposable } from "../lib/disposable/start.ts";
import {
  letGo,
  REMOVALS,
  remove,
  removeLater,
  runOnce,
  useInteractively,
} from "../lib/disposable/use.ts";

export const vmsDispose = command({
  name: "vms-dispose",
  summary: "Start a throw-away VM; all of it is gone when it stops",
  description: [
    "Where the template has a warm image (vms-warm) the VM is forked from that, and goes on from where a booted guest was frozen; else it boots. As many forks wake at once as this host has processors, and the others in their turn.",
    "Starts a disposable from SOURCE, a template, or from the one that the settings name ([vm] template). Without CMD its screen opens in a viewer where there is a display and the template has one, and else its console in the terminal. Leaving the console with Ctrl-] leaves it running; it is gone when it stops.",
    "With CMD that is run in it as the template's user, with the input, output and signals of this command; the VM is removed, and the exit code is that of CMD. It is begun as soon as the VM can run it, which is before there is a network: see --online.",
  ],
  needs: {
    run: ["virsh", "stat", "stty", "virt-viewer", "vms-dispose", "grep"],
    env: ["DISPLAY", "WAYLAND_DISPLAY"],
    write: ["/run/vms", "/run/user"],
    net: true,
    sys: ["networkInterfaces", "osRelease", "uid"],
  },
  exits: {
    missing: "there is no such template",
    host: "there is neither a display nor a terminal to use it in",
  },
  examples: [
    ["vms-dispose", "a shell or a screen to throw away"],
    ["vms-dispose minimal -- uname -r", "one command"],
    ["vms-dispose --online gui -- curl -O URL", "when it has a network"],
    ["vms-keep disp-4821 bank", "from elsewhere: keep this one"],
  ],
  operands: [{
    name: "SOURCE",
    help: "template, or a version of one (gui@3)",
    optional: true,
    check: checkSource,
    complete: "template",
  }],
  rest: "CMD [ARG]...",
  options: {
    memory: {
      short: "m",
      value: "SIZE",
      help: "memory, such as 2G",
      as: memory,
    },
    vcpus: { short: "c", value: "N", help: "virtual CPUs", as: count },
    network: {
      value: "NETWORK",
      help: "as vms-net takes it, or a libvirt network",
    },
    shares: { help: "let it have shares (vms-share); costs memory density" },
    cold: { help: "boot it, also where it could be forked (vms-warm)" },
    online: { help: "run CMD when the VM has a network" },
    root: { help: "run CMD as root" },
    detach: { short: "d", help: "print its name and leave it running" },
    "remove-now": {
      value: "NAME",
      help: "end a disposable and remove what it left",
      as: unnamed,
    },
    "remove-once-off": {
      value: "NAME",
      help: "wait until a disposable is off and remove what it left",
      as: unnamed,
    },
    timeout: {
      value: "TIME",
      default: "1h",
      help: "longest time for CMD",
      as: duration,
    },
  },
  async run({ operands: [source], rest }, options, context) {
    const connection = await open(context);
    for (const when of REMOVALS) {
      const name = options[`remove-${when}`];
      if (!name) continue;
      if (context.dryRun) return;
      return await remove(connection, name, when);
    }
    const list = await listDomains(connection.virsh);
    const word = source ?? connection.config.vm.template;
    const version = mustFindVersion(list, word);
    const once = rest !== undefined && rest.length > 0;
    const vm = await startDisposable(connection, context, list, version, {
      ...options,
      once,
      attended: !once && !options.detach && !context.dryRun,
    });
    if (options.shares) context.say(`with --shares ${PRICE}`);
    if (context.dryRun) return;
    if (once) {
      const { root, timeout, online } = options;
      const how = { root, timeout, online };
      const code = await runOnce(connection, context, vm, rest, how);
      if (code !== 0) throw new GuestExit(code);
      return;
    }
    if (options.detach) {
      await letGo(connection, vm.fork);
      context.out.name(vm.name);
      removeLater(context, vm.name);
      return;
    }
    context.out.name(vm.name);
    await useInteractively(connection, context, vm);
  },
});

if (import.meta.main) await main(vmsDispose);
