/** Declarations of no real command, for tests of what is made from them. */

import {
  type Command,
  command,
  commandWithVerbs,
  verb,
} from "../lib/command/declaration.ts";
import { checkName } from "../lib/names/names.ts";
import { memory } from "../lib/names/values.ts";

type Seen = { words: unknown; options: unknown; dryRun: boolean };

/** What the actions below were given, latest last. */
export const seen: Seen[] = [];

/** One action: options of each kind, two operands, words behind `--`. */
export const SAMPLE: Command = command({
  name: "vms-sample",
  summary: "make samples from a source",
  needs: { run: ["virsh"], write: ["/srv/sample"] },
  exits: { missing: "SOURCE does not exist" },
  examples: [["vms-sample gui web", "one sample"]],
  operands: [
    { name: "SOURCE", help: "what it is made from", complete: "source" },
    {
      name: "NAME",
      help: "sample to make",
      many: true,
      check: checkName,
      complete: "vm",
    },
  ],
  rest: "CMD...",
  options: {
    memory: { short: "m", value: "SIZE", as: memory, help: "its memory" },
    state: {
      value: "STATE",
      default: "running",
      complete: ["running", "shut-off"],
      help: "state to wait for",
    },
    share: {
      value: "DIRECTORY",
      many: true,
      complete: "directory",
      help: "directory it is given",
    },
    recipe: { value: "FILE", complete: "file", help: "don't ask; read FILE" },
    start: { short: "s", help: "start it: at once [now]" },
  },
  run(words, options, { dryRun }) {
    seen.push({ words, options, dryRun });
    return Promise.resolve();
  },
});

/** Two verbs. */
export const SAMPLES: Command = commandWithVerbs({
  name: "vms-samples",
  summary: "keep samples",
  description: ["First.", ".Second begins with a dot and has \\ in it."],
  needs: { run: ["ls"], net: true },
  examples: [["vms-samples list", "all of them"]],
  verbs: {
    list: verb({
      summary: "print the samples",
      options: { all: { short: "a", help: "also the old ones" } },
      run: () => Promise.resolve(),
    }),
    attach: verb({
      summary: "give a device to a VM",
      operands: [
        { name: "DEVICE", help: "the device", complete: "usb" },
        { name: "VM", help: "the VM", optional: true, complete: "vm" },
      ],
      options: {
        to: { value: "NAME", complete: "template", help: "the template" },
      },
      run: () => Promise.resolve(),
    }),
  },
});

/** Verbs, of which one is meant where none is named. */
export const MEANT = { ...SAMPLES, name: "vms-meant", otherwise: "attach" };
