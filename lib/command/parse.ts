/** Words on the command line, checked against the declaration. */

// @ts-types="./parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import {
  type Action,
  type Command,
  COMMON,
  type Option,
  type Options,
  type Parsed,
  type Words,
} from "./declaration.ts";
import { printable } from "../names/names.ts";
import { Failure } from "./failure.ts";

export interface Invocation {
  /** Undefined for `--help` of a command with verbs. */
  action: Action | undefined;
  /** Name of the verb, where the command has some. */
  verb: string | undefined;
  words: Words;
  options: Parsed<Options>;
  common: Parsed<typeof COMMON>;
}

/**
 * Parse `argv` (without the program's name).
 *
 * @throws {Failure} `usage`, with what is wrong.
 */
export function parse(command: Command, argv: readonly string[]): Invocation {
  if (command.action) return parseAction(command, command.action, argv);
  const place = argv.findIndex((word) => !word.startsWith("-"));
  const verbs = command.verbs ?? {};
  const name = argv[place];
  const { otherwise } = command;
  if (otherwise && !(name !== undefined && Object.hasOwn(verbs, name))) {
    const meant = parseAction(command, verbs[otherwise]!, argv);
    return { ...meant, verb: otherwise };
  }
  if (name === undefined) {
    const nothing: Action = { summary: "", run: () => Promise.resolve() };
    const asked = parseAction(command, nothing, argv);
    const { help, version } = asked.common;
    if (help || version) return { ...asked, action: undefined };
    throw wrong(command, `needs one of: ${Object.keys(verbs).join(", ")}`);
  }
  const action = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!action) throw wrong(command, `has no ${printable(name)}`);
  const words = [...argv.slice(0, place), ...argv.slice(place + 1)];
  return { ...parseAction(command, action, words), verb: name };
}

function parseAction(
  command: Command,
  action: Action,
  argv: readonly string[],
): Invocation {
  const declared: Options = { ...action.options, ...COMMON };
  const names = Object.keys(declared);
  const withValue = names.filter((key) => declared[key]!.value).map(inner);
  const parsed = parseArgs(spelledOut(command, declared, argv), {
    string: ["_", ...withValue],
    boolean: names.filter((key) => !declared[key]!.value).map(inner),
    collect: withValue,
    "--": true,
  });
  const common = pick(command, COMMON, parsed) as Parsed<typeof COMMON>;
  const found: Invocation = {
    action,
    verb: undefined,
    words: { operands: [], rest: undefined },
    options: {},
    common,
  };
  if (common.help || common.version) return found;
  found.words = {
    operands: parsed._.map(String),
    rest: argv.includes("--") ? parsed["--"] ?? [] : undefined,
  };
  if (found.words.rest && !action.rest) {
    found.words.operands.push(...found.words.rest);
    found.words.rest = undefined;
  }
  checkOperands(command, action, found.words);
  found.options = pick(command, action.options ?? {}, parsed);
  return found;
}

/**
 * Every option as `--name=value`, or `--name` with its value behind it. Left to
 * itself the parser takes a VM named `true` for the value of the flag before
 * it, `--m` for `-m`, and `-n=no` for `--dry-run`.
 */
function spelledOut(
  command: Command,
  declared: Options,
  argv: readonly string[],
): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const words = argv.slice(0, end).flatMap((word) => {
    if (word.startsWith("--")) return [long(command, declared, word)];
    return /^-./s.test(word) ? letters(command, declared, word) : [word];
  });
  return [...words, ...argv.slice(end)];
}

/** The parser would take `--no-wait=true` for `--wait=true`. */
function inner(name: string): string {
  return name.replace(/^no-/, "not-");
}

function long(command: Command, declared: Options, word: string): string {
  const [, name = "", value] = /^--([^=]*)(=?)/.exec(word) ?? [];
  const option = Object.hasOwn(declared, name) ? declared[name] : undefined;
  if (!option) throw wrong(command, `has no option ${shown(`--${name}`)}`);
  if (option.value) return `--${inner(word.slice(2))}`;
  if (value) throw wrong(command, `takes no value for --${name}`);
  return `--${inner(name)}=true`;
}

/** `-sm2G` is `--start --memory=2G`. */
function letters(command: Command, declared: Options, word: string): string[] {
  const words: string[] = [];
  for (let at = 1; at < word.length; at++) {
    const [name, option] = Object.entries(declared).find(([, { short }]) =>
      short === word[at]
    ) ??
      [];
    if (!option) {
      if (word[at] === "=") {
        throw wrong(command, `takes no value for ${shown(word.slice(0, at))}`);
      }
      const [typed = ""] = word.split("=");
      throw wrong(command, `has no option ${shown(typed)}`);
    }
    const rest = word.slice(at + 1);
    if (!option.value) {
      words.push(`--${inner(name!)}=true`);
      continue;
    }
    const spelled = `--${inner(name!)}`;
    words.push(rest ? `${spelled}=${rest.replace(/^=/, "")}` : spelled);
    break;
  }
  return words;
}

/** As typed, unless that would not fit on a line. */
function shown(word: string): string {
  return /^[\w@.:/-]{0,40}$/.test(word) ? word : printable(word);
}

function pick(
  command: Command,
  declared: Options,
  parsed: Record<string, unknown>,
): Parsed<Options> {
  return Object.fromEntries(
    Object.entries(declared).map(([name, option]) => [
      name,
      option.value
        ? value(command, name, option, parsed[inner(name)])
        : parsed[inner(name)],
    ]),
  ) as Parsed<Options>;
}

function value(
  command: Command,
  name: string,
  option: Option,
  given: unknown,
): unknown {
  const words = (given ?? []) as string[];
  if (option.many) {
    return words.map((word) => convert(command, name, option, word));
  }
  if (words.length > 1) throw wrong(command, `takes one --${name}`);
  const word = words[0] ?? option.default;
  return word === undefined ? undefined : convert(command, name, option, word);
}

function convert(
  command: Command,
  name: string,
  option: Option,
  word: string,
): unknown {
  if (word === "") throw wrong(command, `needs a value for --${name}`);
  try {
    return option.as ? option.as(word) : word;
  } catch (error) {
    throw wrong(command, `--${name}: ${(error as Error).message}`);
  }
}

function checkOperands(command: Command, action: Action, words: Words) {
  const declared = action.operands ?? [];
  const needed = declared.filter((operand) => !operand.optional);
  const { operands } = words;
  if (operands.length < needed.length) {
    throw wrong(command, `needs ${needed[operands.length]!.name}`);
  }
  const many = declared.at(-1)?.many;
  if (operands.length > declared.length && !many) {
    throw wrong(
      command,
      `takes no further word: ${printable(operands[declared.length]!)}`,
    );
  }
  operands.forEach((word, place) => {
    if (word === "-" && many && place >= declared.length - 1) return;
    checkOperand(
      command,
      declared[Math.min(place, declared.length - 1)]!,
      word,
    );
  });
}

/** Check one operand, also one that came from standard input. */
export function checkOperand(
  command: Command,
  operand: NonNullable<Action["operands"]>[number],
  word: string,
) {
  try {
    operand.check?.(word);
  } catch (error) {
    throw wrong(command, `${operand.name}: ${(error as Error).message}`);
  }
}

function wrong(command: Command, why: string): Failure {
  return new Failure(
    "usage",
    "cannot understand the command line",
    `${command.name} ${why}`,
    `${command.name} --help`,
  );
}
