/** Completion for fish: https://fishshell.com/docs/current/cmds/complete.html */

import {
  ASKS,
  insteadOfVerb,
  kind,
  optionsOf,
  origin,
  places,
  type Verb,
  verbsOf,
} from "./completion.ts";
import type { Command, Completion, Operand, Option } from "./declaration.ts";

/** The file `vms-NAME.fish`. */
export function fishCompletion(command: Command): string {
  const verbs = verbsOf(command);
  const named = verbs.filter(([name]) => name);
  const operand = insteadOfVerb(command);
  return [
    origin(command.name),
    "",
    AT,
    `complete -c ${command.name} -f`,
    ...named.map(([name, { summary }]) =>
      `complete -c ${command.name} -n '__vms_at "" -eq 0' -a ${name} -d ${
        quoted(summary)
      }`
    ),
    ...(operand
      ? [
        `complete -c ${command.name} -n '__vms_at "" -eq 0' ${
          words(operand.complete, operand.help)
        }`,
      ]
      : []),
    ...verbs.flatMap((verb) => lines(command.name, verb)),
    "",
  ].join("\n");
}

/** The file `vms.fish`: the first word is a command, which completes others. */
export function fishToolkit(commands: Command[]): string {
  return [
    origin("vms"),
    "",
    DELEGATE,
    "complete -c vms -f",
    ...commands.map(({ name, summary }) =>
      `complete -c vms -n __fish_use_subcommand -a ${
        name.slice("vms-".length)
      } -d ${quoted(summary)}`
    ),
    "complete -c vms -n 'not __fish_use_subcommand' -a '(__vms_delegate)'",
    "",
  ].join("\n");
}

const AT = `# Whether the verb is $argv[1]; with more, how many words follow it.
function __vms_at
    set -l words (commandline -opc)
    set -e words[1]
    set words (string match -v -- '-*' $words)
    if test -n "$argv[1]"
        test "$words[1]" = "$argv[1]"; or return 1
        set -e words[1]
    end
    set -q argv[2]; or return 0
    test (count $words) $argv[2] $argv[3]
end
`;

const DELEGATE = `# What the command of the first word offers.
function __vms_delegate
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    complete -C "vms-$(string join ' ' -- (string escape -- $words)) $current"
end
`;

function lines(command: string, [verb, action]: Verb): string[] {
  const { own, others } = places(action);
  const at = (test: string) => `__vms_at ${verb || '""'}${test}`;
  const line = (when: string | undefined, rest: string) =>
    `complete -c ${command}${when ? ` -n ${quoted(when)}` : ""} ${rest}`;
  const operand = (test: string, { complete, help }: Operand) =>
    kind(complete) === "none" ? [] : [line(at(test), words(complete, help))];
  return [
    ...optionsOf(action).map(([name, option]) =>
      line(verb ? at("") : undefined, optionWords(name, option))
    ),
    ...own.flatMap((one, i) => operand(` -eq ${i}`, one)),
    ...(others ? operand(` -ge ${own.length}`, others) : []),
  ];
}

function optionWords(name: string, option: Option): string {
  const { short, value, complete, help } = option;
  const names = `${short ? `-s ${short} ` : ""}-l ${name}`;
  if (!value) return `${names} -d ${quoted(help)}`;
  const required = kind(complete) === "none"
    ? `-x -d ${quoted(help)}`
    : `-r ${words(complete, help)}`;
  return `${names} ${required}`;
}

function words(complete: Completion | undefined, help: string): string {
  const says = `-d ${quoted(help)}`;
  if (Array.isArray(complete)) {
    return `-f -a ${quoted(complete.join(" "))} ${says}`;
  }
  const what = kind(complete);
  if (what === "file") return `-F ${says}`;
  if (what === "directory") {
    return `-f -a '(__fish_complete_directories)' ${says}`;
  }
  const asked = ASKS[what]!.map((line) => `${line} 2>/dev/null`).join("; ");
  return `-f -a '(${asked})' ${says}`;
}

/** A word in single quotes, as fish reads it. */
function quoted(word: string): string {
  return `'${word.replace(/[\\']/g, "\\$&")}'`;
}
