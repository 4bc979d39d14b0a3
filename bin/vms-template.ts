/** Build, rebuild, list and prune templates. */

import { cacheFor } from "../cache/layout.ts";
import { shareDownloads } from "../cache/share.ts";
import { chosenIso } from "../iso/chosen.ts";
import { commandWithVerbs, verb } from "../lib/command/declaration.ts";
import { type Context, quiet } from "../lib/command/context.ts";
import { main } from "../lib/command/main.ts";
import { type Connection, open } from "../lib/libvirt/connection.ts";
import { checkName, checkSource } from "../lib/names/names.ts";
import { duration } from "../lib/names/values.ts";
import { build, type BuildOptions } from "../lib/template/build.ts";
import { flatten } from "../lib/template/flatten.ts";
import { prune } from "../lib/template/prune.ts";
import {
  rebuildInOrder,
  rebuildOrder,
  refuseFailed,
  underLock,
} from "../lib/template/rebuild.ts";
import { listTemplates, showTemplate } from "../lib/template/show.ts";
import { bakeLater } from "../lib/warm/later.ts";

const TEMPLATE = {
  name: "TEMPLATE",
  help: "name of a recipe",
  check: checkName,
  complete: "template",
} as const;

const BUILDING = {
  iso: { value: "FILE", help: "ISO to install from", complete: "file" },
  keep: { help: "keep the disk of an installation that fails" },
  "no-wait": { help: "fail where another build of it runs, don't wait" },
  silence: {
    value: "TIME",
    help: "longest time in which a step may say nothing",
    as: duration,
  },
} as const;

function options(
  { config }: Connection,
  context: Context,
  given: { iso?: string; keep: boolean; silence?: number },
): BuildOptions {
  return {
    iso: () => chosenIso(context.run, config.iso, given.iso),
    cache: (vm) => cacheFor(config.cache, vm),
    keep: given.keep,
    silence: given.silence,
  };
}

export const vmsTemplate = commandWithVerbs({
  name: "vms-template",
  summary: "Build, rebuild, list and prune templates",
  description: [
    "A template is built from a recipe in ~/.config/vms/recipes, /etc/vms/recipes or guest/recipes of the toolkit, the first that has it; what root or the timer rebuilds has to be in one of the last two. The system is installed unattended over the serial console from the newest ISO that vms-iso fetched; a recipe with a parent is installed on the parent's newest version.",
    "A version is booted before it is published: it must reach its target with no failed unit, and both its agents must answer. Until then, and if anything fails, the last version serves. Versions never change. Afterwards it is frozen in the background, so that VMs need not boot: see vms-warm(1).",
  ],
  needs: {
    run: [
      ...["bsdtar", "dd", "gpgv", "script", "stat", "sync", "virsh"],
      "vms-warm",
    ],
    // Logs in the home of whoever runs it; ISO and cache where settings say.
    write: ["~"],
    // The agent's socket.
    net: true,
  },
  exits: {
    failed: "a template could not be built; others were, but what rests on it",
    missing: "there is no such recipe, template, network or ISO",
    conflict: "another build of it runs, or a VM has its name",
    timeout: "a step took too long",
  },
  examples: [
    ["vms-template build minimal", "publishes minimal@1"],
    ["vms-template rebuild --all", "for cron: silent when all is well"],
    ["vms-template prune", "delete old versions that nothing rests on"],
  ],
  verbs: {
    build: verb({
      summary: "build the next version of a template from its recipe",
      operands: [TEMPLATE],
      options: {
        ...BUILDING,
        from: {
          value: "STEP",
          help: "go on from a step, with a disk that was kept",
        },
      },
      async run({ operands: [template = ""] }, given, context) {
        const connection = await open(context);
        using _held = await underLock(context, template, given["no-wait"]);
        const name = await build(connection, context, template, {
          ...options(connection, context, given),
          from: given.from,
        });
        await shareDownloads(connection.config.cache, context, template);
        bakeLater(connection, context, [name]);
        context.out.name(name);
      },
    }),
    rebuild: verb({
      summary: "build new versions of templates there are, parents first",
      operands: [{ ...TEMPLATE, many: true, optional: true }],
      options: { ...BUILDING, all: { help: "of all templates" } },
      async run({ operands }, given, context) {
        const connection = await open(context);
        const order = await rebuildOrder(connection, operands, given.all);
        const told = given.all && !context.terminal ? quiet(context) : context;
        const { built, failed } = await rebuildInOrder(order, async (name) => {
          using _held = await underLock(told, name, given["no-wait"]);
          const made = options(connection, told, given);
          const version = await build(connection, told, name, made);
          await shareDownloads(connection.config.cache, told, name);
          if (!given.all) context.out.name(version);
          return version;
        });
        bakeLater(connection, told, built);
        refuseFailed(order, failed);
      },
    }),
    list: verb({
      summary: "list published versions",
      async run(_words, _given, context) {
        await listTemplates(await open(context), context);
      },
    }),
    show: verb({
      summary: "show a version: image, size, parent, who rests on it",
      operands: [{ ...TEMPLATE, check: checkSource }],
      async run({ operands: [word = ""] }, _given, context) {
        await showTemplate(await open(context), context, word);
      },
    }),
    prune: verb({
      summary: "delete versions that nothing rests on, but not the newest",
      operands: [{ ...TEMPLATE, many: true, optional: true }],
      async run({ operands }, _given, context) {
        const names = await prune(await open(context), operands);
        names.forEach(context.out.name);
      },
    }),
    flatten: verb({
      summary: "publish a version anew as one image, without its parent",
      operands: [{ ...TEMPLATE, check: checkSource }],
      async run({ operands: [word = ""] }, _given, context) {
        const connection = await open(context);
        using _held = await underLock(context, word.split("@")[0]!, false);
        const name = await flatten(connection, context, word);
        bakeLater(connection, context, [name]);
        context.out.name(name);
      },
    }),
  },
});

if (import.meta.main) await main(vmsTemplate);
