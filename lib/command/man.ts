/** The man page of a command, made from its declaration. */

import {
  type Action,
  type Command,
  COMMON,
  type Options,
} from "./declaration.ts";
import { EXIT, type Exit, EXIT_MEANING } from "./failure.ts";
import { optionWord, usage } from "./help.ts";
import * as roff from "./roff.ts";

/** The source of NAME(1). */
export function manPage(command: Command, version: string): string {
  const { name, summary, description = [summary + "."] } = command;
  return [
    `.\\" Generated from bin/${name}.ts: deno task pages`,
    roff.title(name, 1, version),
    ...roff.section("NAME", [
      `${roff.escapeRoff(name)} \\- ${roff.escapeRoff(summary)}`,
    ]),
    ...roff.section("SYNOPSIS", roff.verbatim(usage(command))),
    ...roff.section("DESCRIPTION", roff.paragraphs(description)),
    ...actions(command),
    ...roff.section("OPTIONS OF EVERY COMMAND", optionTerms(COMMON)),
    ...roff.section("EXIT STATUS", exitTerms(command.exits)),
    ...roff.section("EXAMPLES", examples(command)),
    ...roff.section("PERMISSIONS", permissions(command)),
    ...roff.section("SEE ALSO", ["\\fBvms\\fR(1)"]),
    "",
  ].join("\n");
}

function actions({ action, verbs = {} }: Command): string[] {
  if (action) {
    return [
      ...roff.section("OPERANDS", operandTerms(action)),
      ...roff.section("OPTIONS", optionTerms(action.options ?? {})),
    ];
  }
  const one = ([name, action]: [string, Action]) =>
    roff.subsection(name, [
      roff.escapeRoff(`${action.summary}.`),
      ...operandTerms(action),
      ...optionTerms(action.options ?? {}),
    ]);
  return roff.section("VERBS", Object.entries(verbs).flatMap(one));
}

function operandTerms(action: Action): string[] {
  return (action.operands ?? []).flatMap(({ name, help, many }) => {
    const several = many ? `; "-" reads names from standard input` : "";
    return roff.term(name, help + several);
  });
}

function optionTerms(options: Options): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const { help, many, default: preset, complete } = option;
    const words = Array.isArray(complete) ? `: ${complete.join(", ")}` : "";
    const more = [
      many ? "may be given several times" : "",
      preset ? `default ${preset}` : "",
    ].filter(Boolean).join(", ");
    const says = help + words + (more ? ` (${more})` : "");
    return roff.term(optionWord(name, option).trim(), says);
  });
}

/** All exit codes, with what this command means by them. */
export function exitTerms(own: Command["exits"] = {}): string[] {
  return (Object.keys(EXIT) as Exit[]).flatMap((exit) =>
    roff.term(
      `${EXIT[exit]}`,
      [EXIT_MEANING[exit], own[exit]].filter(Boolean).join(": "),
    )
  );
}

function examples(command: Command): string[] {
  return command.examples.flatMap(([line, says]) => [
    ".TP",
    roff.bold(`$ ${line}`),
    roff.escapeRoff(says),
  ]);
}

function permissions({ needs }: Command): string[] {
  const list = (words: string[] | undefined) => words?.join(", ") || "nothing";
  return roff.paragraphs([
    `Runs: ${list(needs.run)}.`,
    `Writes to: ${list(needs.write)}, beside locks in /run/vms.`,
    `Network: ${needs.net ? "connections of its own" : "none of its own"}.`,
  ]);
}
