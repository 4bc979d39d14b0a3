/** Completion for zsh: zshcompsys(1), `_arguments`. */

import {
  ASKS,
  insteadOfVerb,
  kind,
  optionNames,
  optionsOf,
  places,
  shellQuoted,
  verbsOf,
} from "./completion.ts";
import type {
  Action,
  Command,
  Completion,
  Operand,
  Option,
} from "./declaration.ts";

/** The file `_vms-NAME`, for a directory of $fpath. */
export function zshCompletion(command: Command): string {
  const body = command.action
    ? ["  " + argumentsOf(command.action, "  ")]
    : verbs(command);
  return [
    `#compdef ${command.name}`,
    "# Generated: deno task pages",
    "",
    NAMES,
    `_${command.name}() {`,
    ...body,
    "}",
    "",
    `_${command.name} "$@"`,
    "",
  ].join("\n");
}

/** The file `_vms`: the first word is a command, which completes the others. */
export function zshToolkit(commands: Command[]): string {
  const described = commands.map(({ name, summary }) =>
    "    " + shellQuoted(`${name.slice("vms-".length)}:${summary}`)
  );
  return [
    "#compdef vms",
    "# Generated: deno task pages",
    "",
    "local -a commands",
    "if (( CURRENT == 2 )); then",
    "  commands=(",
    ...described,
    "  )",
    "  _describe command commands",
    "elif (( $+functions[_vms-$words[2]] )); then",
    "  words[2]=vms-$words[2]",
    "  shift words",
    "  (( CURRENT-- ))",
    "  _$words[1]",
    "fi",
    "",
  ].join("\n");
}

const NAMES = `# Names of the kind $1.
_vms_names() {
  local -a names
  case $1 in
${
  Object.entries(ASKS).map(([name, lines]) =>
    `    ${name}) names=(\${(f)"$({ ${lines.join("; ")} } 2>/dev/null)"}) ;;`
  ).join("\n")
}
  esac
  compadd -a names
}
`;

function verbs(command: Command): string[] {
  const all = verbsOf(command);
  const operand = insteadOfVerb(command);
  const described = all.map(([name, { summary }]) =>
    "        " + shellQuoted(`${name}:${summary}`)
  );
  const cases = all.flatMap(([name, action]) => [
    `        ${name})`,
    "          " + argumentsOf(action, "          "),
    "          ;;",
  ]);
  return [
    "  local curcontext=$curcontext state state_descr line",
    "  local -a verbs",
    "  typeset -A opt_args",
    "  _arguments -C -S ':verb:->verb' '*::word:->words'",
    "  case $state in",
    "    verb)",
    "      verbs=(",
    ...described,
    "      )",
    "      _describe verb verbs",
    ...(operand ? [`     ${ask(operand.complete)}`] : []),
    "      ;;",
    "    words)",
    "      case $words[1] in",
    ...cases,
    "      esac",
    "      ;;",
    "  esac",
  ];
}

function argumentsOf(action: Action, indent: string): string {
  const { own, others } = places(action);
  const specs = [
    ...optionsOf(action).map(([name, option]) => optionSpec(name, option)),
    ...own.map((operand, i) => operandSpec(`${i + 1}`, operand)),
    ...(others ? [operandSpec("*", others)] : []),
  ];
  return ["_arguments -s -S", ...specs].join(` \\\n${indent}  `);
}

/** `'(-m --memory)'{-m+,--memory=}'[its memory]:SIZE: '` */
function optionSpec(name: string, option: Option): string {
  const names = optionNames(name, option);
  const once = option.many
    ? "*"
    : names.length > 1
    ? `(${names.join(" ")})`
    : "";
  const marked = names.map((word) =>
    !option.value ? word : word.startsWith("--") ? `${word}=` : `${word}+`
  );
  const tail = `[${option.help.replace(/[\\\[\]]/g, "\\$&")}]` +
    (option.value ? `:${colons(option.value)}:${ask(option.complete)}` : "");
  return marked.length > 1
    ? `${shellQuoted(once)}{${marked.join(",")}}${shellQuoted(tail)}`
    : shellQuoted(once + marked[0] + tail);
}

function operandSpec(place: string, operand: Operand): string {
  const colon = operand.optional && place !== "*" ? "::" : ":";
  const what = colons(`${operand.name}, ${operand.help}`);
  return shellQuoted(`${place}${colon}${what}:${ask(operand.complete)}`);
}

/** The action that offers words; the blank keeps its own words together. */
function ask(complete: Completion | undefined): string {
  if (Array.isArray(complete)) return `(${complete.map(colons).join(" ")})`;
  const what = kind(complete);
  if (what === "file") return "_files";
  if (what === "directory") return "_files -/";
  return what === "none" ? " " : ` _vms_names ${what}`;
}

function colons(text: string): string {
  return text.replace(/[\\:]/g, "\\$&");
}
