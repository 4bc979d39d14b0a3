/** Install a VM from the ISO, without a template. */

import { cacheFor } from "../cache/layout.ts";
import { shareDownloads } from "../cache/share.ts";
import { chosenIso } from "../iso/chosen.ts";
import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lock } from "../lib/lock/lock.ts";
import {
  keymap,
  locale,
  network,
  timezone,
  user,
} from "../lib/names/guest_words.ts";
import { checkName } from "../lib/names/names.ts";
import { count, duration, memory, size } from "../lib/names/values.ts";
import { refuseTaken } from "../lib/vm/free_names.ts";
import { installVm } from "../lib/vm/install.ts";

export const vmsInstall = command({
  name: "vms-install",
  summary: "Install a VM from the ISO, unattended over the serial console",
  description: [
    "Boots the ISO with a serial console, logs in, and installs Arch Linux by the numbered steps in guest/steps, as the recipe says. Each step is logged and timed, and the disk is frozen after it: with --keep a failed installation can go on by --from STEP.",
    "The packages that it downloaded are shared with all VMs, once their signatures are found right. The VM rests on no template. For VMs of daily use vms-template build and vms-clone are the quicker way.",
  ],
  needs: {
    run: [
      ...["bsdtar", "dd", "gpgv", "openssl", "script", "secret-tool", "stat"],
      "virsh",
    ],
    // Logs in the home of whoever runs it; ISO and cache where settings say.
    write: ["~"],
    sys: ["networkInterfaces"],
  },
  exits: {
    missing: "there is no such recipe, network or ISO",
    conflict: "a VM of that NAME exists, or a disk that may be wanted",
    timeout: "a step took too long",
  },
  examples: [
    ["vms-iso fetch && vms-install web", "from the newest ISO"],
    ["vms-install --keep web", "keep the disk if a step fails"],
    ["vms-install --from 60-packages web", "and go on from there"],
  ],
  operands: [{ name: "NAME", help: "name of the VM", check: checkName }],
  options: {
    recipe: {
      value: "RECIPE",
      default: "minimal",
      help: "what to install",
      complete: "template",
    },
    iso: { value: "FILE", help: "ISO to install from", complete: "file" },
    disk: { value: "SIZE", help: "size of the disk", as: size },
    memory: {
      short: "m",
      value: "SIZE",
      help: "memory, such as 2G",
      as: memory,
    },
    vcpus: { short: "c", value: "N", help: "virtual CPUs", as: count },
    user: { value: "USER", help: "who works in it", as: user },
    timezone: { value: "ZONE", help: "such as Europe/Berlin", as: timezone },
    locale: { value: "LOCALE", help: "such as de_DE.UTF-8", as: locale },
    keymap: { value: "KEYMAP", help: "of the console, such as de", as: keymap },
    network: { value: "NETWORK", help: "libvirt network", as: network },
    keep: { help: "keep the disk of an installation that fails" },
    from: {
      value: "STEP",
      help: "go on from a step, with a disk that was kept",
    },
    silence: {
      value: "TIME",
      help: "longest time in which a step may say nothing",
      as: duration,
    },
  },
  async run({ operands: [name = ""] }, options, context) {
    const connection = await open(context);
    const { config } = connection;
    using _vm = await lock("vm", name);
    // A build of a template has the same domain, and gives it its name.
    using _template = await lock("template", name);
    refuseTaken(await listDomains(connection.virsh), [name]);
    await installVm(connection, context, name, {
      ...options,
      iso: () => chosenIso(context.run, config.iso, options.iso),
      cache: () => cacheFor(config.cache, name),
    });
    context.out.name(name);
    // The VM is there: that others have to download again is no failure.
    await shareDownloads(config.cache, context, name)
      .catch((error) => context.warn(error.message));
  },
});

if (import.meta.main) await main(vmsInstall);
