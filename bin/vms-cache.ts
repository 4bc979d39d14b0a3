/** The package cache that VMs share. */

import { clean } from "../cache/clean.ts";
import { chosenOwners, occupation } from "../cache/occupation.ts";
import { candidates, publish } from "../cache/publish.ts";
import { cacheStatus, STATUS_COLUMNS } from "../cache/status.ts";
import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { checkName, printable } from "../lib/names/names.ts";
import { count } from "../lib/names/values.ts";

const VMS = {
  name: "VM",
  help: "VMs or templates, all without any; - reads them from standard input",
  many: true,
  optional: true,
  check: checkName,
  complete: "source",
} as const;

const status = verb({
  summary: "show how much lies in the cache, and whose it is",
  async run(_words, _options, context) {
    const { config, virsh } = await open(context);
    const list = await listDomains(virsh);
    context.out.list(await cacheStatus(config.cache, list), STATUS_COLUMNS);
  },
});

const share = verb({
  summary: "move packages whose signature is right to the shared directory",
  operands: [VMS],
  async run({ operands }, _options, context) {
    const { config: { cache }, virsh } = await open(context);
    const list = await listDomains(virsh);
    let refused = 0;
    for (const vm of await chosenOwners(cache, list, operands)) {
      if (context.dryRun) {
        const names = await candidates(cache, vm);
        names.forEach((n) => context.say(`would check ${vm}: ${printable(n)}`));
        continue;
      }
      const keep = occupation(list, vm) === "running";
      const found = await publish(cache, context.run, vm, { keep });
      for (const name of found.published) {
        context.out.object({ name, vm, state: "published" }, () => [name]);
      }
      for (const { name, why } of found.refused) {
        context.out.object({ name, vm, state: "refused", why }, () => []);
        context.say(`not published: ${vm}: ${printable(name)}: ${why}`);
      }
      refused += found.refused.length;
    }
    if (refused === 0) return;
    const why = "they are not what their signatures say, or have none";
    throw new Failure("failed", `cannot publish ${refused} packages`, why);
  },
});

const sweep = verb({
  summary: "remove old versions, interrupted downloads, former VMs' packages",
  operands: [VMS],
  options: {
    keep: {
      value: "N",
      help: "versions of each shared package that stay",
      default: "2",
      as: count,
    },
    all: { help: "remove all that no VM is using" },
  },
  async run({ operands }, options, context) {
    const { config, virsh } = await open(context);
    const list = await listDomains(virsh);
    const vms = await chosenOwners(config.cache, list, operands);
    const shared = operands.length === 0;
    const done = await clean(config.cache, context, list, vms, {
      ...options,
      shared,
    });
    for (const path of done.removed) {
      context.out.object({ path }, () => [path.replace(/\p{C}/gu, "?")]);
    }
    done.failed.forEach(({ path, why }) =>
      context.say(`not removed: ${printable(path)}: ${why}`)
    );
    if (done.failed.length === 0) return;
    const what = `cannot remove ${done.failed.length} of them`;
    const why = "they belong to somebody else";
    throw new Failure("failed", what, why, "sudo vms-cache clean");
  },
});

export const vmsCache = commandWithVerbs({
  name: "vms-cache",
  summary: "Show, fill and clean the package cache that VMs share",
  description: [
    "While a VM installs packages it is given two directories: the shared one, which it can only read, and one of its own, where pacman puts what it downloads. publish copies a package to where no VM can write, checks the copy's signature with the keys of cache.keyring (without those that archlinux-revoked beside it lists) and that it is the package its name says, and shares it. What does not pass stays where it is. A name that is shared already is never replaced.",
    "clean works on the shared directory and those of all VMs, or only on those of the VMs named. Directories of running VMs are left alone; those of VMs that are gone are removed. Which of two versions is newer is told by vercmp of pacman; without it the later file counts.",
    "With --json, status prints name, state (shared, running, off, gone), packages, bytes, leftovers and newest; publish prints name, vm, state (published, refused) and why; clean prints path.",
  ],
  needs: {
    run: ["virsh", "dd", "gpgv", "bsdtar", "vercmp"],
    // cache.directory is a setting, and may be anywhere.
    write: ["~", "/run/vms", "/run/user", "/var/lib/libvirt/filesystems"],
  },
  exits: {
    failed: "a package was refused, or something could not be removed",
    missing: "no VM and no directory in the cache has that name",
    host: "gpgv or the keyring is missing, or libvirt cannot be reached",
  },
  examples: [
    ["vms-cache status", "what lies in it"],
    ["vms-cache publish gui", "share what building gui downloaded"],
    ["vms-cache clean --keep=1", "only the newest version of each package"],
  ],
  verbs: { status, publish: share, clean: sweep },
});

if (import.meta.main) await main(vmsCache);
