/**
 * The declaration of a command: plain data from which parsing, types, help,
 * man page, completion and permission set are made.
 */

import type { Context } from "./context.ts";
import type { Exit } from "./failure.ts";

/** What a shell completes a word with. `vm` and the like ask `vms-list`. */
export type Completion =
  | "vm"
  | "disposable"
  | "template"
  | "source"
  | "usb"
  | "file"
  | "directory"
  | readonly string[];

export interface Option<T = unknown> {
  help: string;
  /** One letter. */
  short?: string;
  /** Name of the value in help, such as SIZE. A flag has none. */
  value?: string;
  default?: string;
  /** Turns the words given into a value; throws what is wrong with them. */
  as?: (word: string) => T;
  /** May be given several times. */
  many?: boolean;
  complete?: Completion;
}

// deno-lint-ignore no-explicit-any
export type Options = Record<string, Option<any>>;

/** A word on the command line that is not an option. */
export interface Operand {
  name: string;
  help: string;
  many?: boolean;
  optional?: boolean;
  /** Throws what is wrong with the word, before anything is changed. */
  check?: (word: string) => void;
  complete?: Completion;
}

type Value<O> = O extends { as: (word: string) => infer T } ? T : string;

type Parsed1<O> = O extends { value: string }
  ? O extends { many: true } ? Value<O>[]
  : O extends { default: string } ? Value<O>
  : Value<O> | undefined
  : boolean;

/** What `run` receives: a value for options that take one, else a boolean. */
export type Parsed<O extends Options> = { [K in keyof O]: Parsed1<O[K]> };

/** Words given to `run`. */
export interface Words {
  operands: string[];
  /** What stood behind `--`; undefined where there was no `--`. */
  rest: string[] | undefined;
}

/** A thing one can do: a command, or a verb of a command that has several. */
export interface Action<O extends Options = Options> {
  summary: string;
  operands?: Operand[];
  /** Name in help of the words behind `--`, such as CMD. */
  rest?: string;
  options?: O;
  run(words: Words, options: Parsed<O>, context: Context): Promise<void>;
}

/** What a command may do to the host: its Deno permission set. */
export interface Needs {
  /** Programs it runs. */
  run?: string[];
  /** Directories it writes to; beginning with `~` for one of the user's. */
  write?: string[];
  /** Whether it opens network connections of its own. */
  net?: boolean;
  /** Environment variables it reads beyond those of settings and places. */
  env?: string[];
  /** What it asks Deno about the host, such as `uid`. */
  sys?: string[];
}

interface About {
  name: string;
  summary: string;
  /** Paragraphs of the man page. */
  description?: string[];
  needs: Needs;
  exits?: Partial<Record<Exit, string>>;
  examples: [line: string, says: string][];
}

export interface Command extends About {
  // deno-lint-ignore no-explicit-any
  action?: Action<any>;
  // deno-lint-ignore no-explicit-any
  verbs?: Record<string, Action<any>>;
  /** The verb that is meant where the first word is none. */
  otherwise?: string;
}

/** Declare a command that does one thing. */
export function command<O extends Options>(
  declared: About & Action<O>,
): Command {
  const { operands, rest, options, run, ...about } = declared;
  const { summary } = about;
  return { ...about, action: { summary, operands, rest, options, run } };
}

/** Declare one verb; there so that the type of its options is inferred. */
export function verb<O extends Options>(declared: Action<O>): Action<O> {
  return declared;
}

/** Declare a command that has verbs, such as `vms-iso fetch`. */
export function commandWithVerbs(
  declared: About & {
    verbs: NonNullable<Command["verbs"]>;
    otherwise?: string;
  },
): Command {
  return declared;
}

/** Options every command has. */
export const COMMON = {
  "json": { help: "print JSON instead of names and tables" },
  "dry-run": { short: "n", help: "show what would change, change nothing" },
  "trace": { short: "x", help: "print every program that is run" },
  "help": { short: "h", help: "print this help" },
  "version": { help: "print the version" },
} satisfies Options;
