/** The text of `--help`, made from the declaration. */

import {
  type Action,
  type Command,
  COMMON,
  type Operand,
  type Options,
} from "./declaration.ts";

/** How a command is called, one line per verb. */
export function usage(command: Command): string[] {
  if (command.action) return [synopsis(command.name, command.action)];
  return Object.entries(command.verbs ?? {}).map(([name, action]) => {
    const verb = name === command.otherwise ? `[${name}]` : name;
    return synopsis(`${command.name} ${verb}`, action);
  });
}

function synopsis(name: string, action: Action): string {
  const words = (action.operands ?? []).map(operandWord);
  const options = Object.keys(action.options ?? {}).length ? "[OPTION]..." : "";
  const rest = action.rest ? `[-- ${action.rest}]` : "";
  return [name, options, ...words, rest].filter(Boolean).join(" ");
}

function operandWord({ name, many, optional }: Operand): string {
  const word = many ? `${name}...` : name;
  return optional ? `[${word}]` : word;
}

/** The whole help of a command. */
export function help(command: Command): string {
  const actions = command.action
    ? [["", command.action] as const]
    : Object.entries(command.verbs ?? {});
  const lines = [
    ...usage(command).map((line, i) => `${i ? "       " : "usage: "}${line}`),
    "",
    `${command.summary}.`,
  ];
  for (const [name, action] of actions) {
    const rows = [...operandRows(action), ...optionRows(action.options ?? {})];
    if (name) lines.push("", `${name}: ${action.summary}`);
    else if (rows.length) lines.push("");
    lines.push(...rows);
  }
  lines.push("", "in every command:", ...optionRows(COMMON));
  lines.push("", "examples:");
  for (const [line, says] of command.examples) {
    lines.push(`  $ ${line.padEnd(44)} # ${says}`);
  }
  return lines.join("\n");
}

function operandRows(action: Action): string[] {
  return (action.operands ?? []).map((o) => row(o.name, o.help));
}

function optionRows(options: Options): string[] {
  return Object.entries(options).map(([name, option]) => {
    const preset = option.default ? ` (default ${option.default})` : "";
    return row(optionWord(name, option), option.help + preset);
  });
}

/** `-m, --memory=SIZE` */
export function optionWord(
  name: string,
  { short, value }: Options[string],
): string {
  const long = value ? `--${name}=${value}` : `--${name}`;
  return short ? `-${short}, ${long}` : `    ${long}`;
}

function row(term: string, says: string): string {
  return `  ${term.padEnd(26)} ${says}`;
}
