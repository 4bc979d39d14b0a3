/** The toolkit as one program: which command is meant, and all of them. */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { printable } from "../names/names.ts";
import { type Command, COMMON } from "./declaration.ts";
import { EXIT, Failure } from "./failure.ts";
import { optionWord } from "./help.ts";
import { execute, reporting } from "./main.ts";
import { output } from "./output.ts";
import { giveUp, type PermissionSet } from "./permissions.ts";
import { VERSION } from "./version.ts";

/** A command, loaded only when it is meant. */
export interface Entry {
  summary: string;
  load: () => Promise<Record<string, unknown>>;
}

/** All commands by name, such as `vms-clone`. */
export type Entries = Record<string, Entry>;

/** Sets by name of the command; `vms` is their union. */
export type PermissionSets = Record<string, PermissionSet>;

/**
 * Load and run the command that is meant, without the permissions that only
 * others need, and end the process with its exit code.
 */
export async function mainOf(
  entries: Entries,
  permissions: PermissionSets,
): Promise<never> {
  const code = await reporting("vms", async () => {
    const { name, argv } = called(entries, Deno.execPath(), Deno.args);
    if (name === undefined) {
      printToolkit(entries, argv);
      return EXIT.done;
    }
    giveUp(permissions.vms!, permissions[name]!);
    return await execute(await load(entries, name), argv);
  });
  Deno.exit(code);
}

/** What one call asks for. */
export interface Called {
  /** Name of the command; undefined where the toolkit itself was asked. */
  name: string | undefined;
  argv: readonly string[];
}

/**
 * The command that is meant: by the name the program was called by (a hard
 * link), else by the first word.
 *
 * @throws {Failure} `usage`, naming the commands that are closest.
 */
export function called(
  entries: Entries,
  program: string,
  argv: readonly string[],
): Called {
  const own = program.slice(program.lastIndexOf("/") + 1);
  if (Object.hasOwn(entries, own)) return { name: own, argv };
  const [word, ...rest] = argv;
  if (word === undefined || word === "--help" || word === "-h") {
    return { name: undefined, argv: [] };
  }
  if (word === "--version") return { name: undefined, argv };
  const name = `vms-${word}`;
  if (Object.hasOwn(entries, name)) return { name, argv: rest };
  throw unknown(entries, word);
}

/** The command that a module in bin/ declares. */
async function load(entries: Entries, name: string): Promise<Command> {
  const module = await entries[name]!.load();
  return Object.values(module).find((value) =>
    (value as Command)?.name === name
  ) as Command;
}

/** Print what the toolkit itself was asked for. */
function printToolkit(entries: Entries, argv: readonly string[]): void {
  const out = output({ json: false, terminal: false });
  if (argv[0] === "--version") return out.text(`vms ${VERSION}`);
  out.text([
    "usage: vms COMMAND [WORD]...",
    "",
    ...Object.entries(entries).map(([name, { summary }]) =>
      `  ${name.slice("vms-".length).padEnd(12)} ${summary}`
    ),
    "",
    '"vms clone" is "vms-clone"; "vms clone --help" tells of it, vms(1) of all.',
    "",
    "in every command:",
    ...Object.entries(COMMON).map(([name, option]) =>
      `  ${optionWord(name, option).padEnd(22)} ${option.help}`
    ),
  ].join("\n"));
}

function unknown(entries: Entries, word: string): Failure {
  const option = word.startsWith("-");
  const near = option ? undefined : closest(entries, word);
  return new Failure(
    "usage",
    "cannot understand the command line",
    `vms has no ${option ? "option" : "command"} ${printable(word)}`,
    near ? `vms ${near} --help` : "vms --help",
  );
}

/** Undefined where no command is near enough to be the one that was meant. */
function closest(entries: Entries, word: string): string | undefined {
  const names = Object.keys(entries).map((name) => name.slice("vms-".length));
  if (names.length === 0 || word.length > 20) return;
  const near = closestString(word, names);
  if (levenshteinDistance(word, near) <= near.length / 2) return near;
}
