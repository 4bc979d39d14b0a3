/** What a shell completes, made from the declaration; one shell a file. */

import {
  type Action,
  type Command,
  COMMON,
  type Completion,
  type Operand,
  type Option,
} from "./declaration.ts";

/** Commands that print the names, one per line when piped. */
export const ASKS: Record<string, readonly string[]> = {
  vm: ["vms-list"],
  disposable: ["vms-list --kind=disposable"],
  template: ["vms-template list"],
  source: ["vms-list", "vms-template list"],
  usb: ["vms-usb list"],
};

/** A verb and what it does; the name is empty where there are no verbs. */
export type Verb = [name: string, action: Action];

export function verbsOf({ action, verbs = {} }: Command): Verb[] {
  return action ? [["", action]] : Object.entries(verbs);
}

/** What the first word may be where it is no verb. */
export function insteadOfVerb(
  { verbs = {}, otherwise }: Command,
): Operand | undefined {
  return otherwise ? verbs[otherwise]?.operands?.[0] : undefined;
}

/** Options of an action, those of every command included. */
export function optionsOf(action: Action): [string, Option][] {
  return Object.entries({ ...action.options, ...COMMON });
}

/** `-m` and `--memory`. */
export function optionNames(name: string, { short }: Option): string[] {
  return short ? [`-${short}`, `--${name}`] : [`--${name}`];
}

/**
 * What completes a word, as one word for a shell's `case`: `vm`, `file`,
 * `none`, or `words:a b`.
 */
export function kind(complete: Completion | undefined): string {
  if (complete === undefined) return "none";
  return typeof complete === "string"
    ? complete
    : `words:${complete.join(" ")}`;
}

/** Operands that stand at a place of their own, and the one for the others. */
export function places(
  action: Action,
): { own: Operand[]; others: Operand | undefined } {
  const operands = action.operands ?? [];
  const last = operands.at(-1);
  return last?.many
    ? { own: operands.slice(0, -1), others: last }
    : { own: operands, others: undefined };
}

/** A word in single quotes, as bash and zsh read it. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What all generated files begin with. */
export function origin(name: string): string {
  return `# Completion of ${name}; generated: deno task pages`;
}
