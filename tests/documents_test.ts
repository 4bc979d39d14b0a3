/**
 * Documents, units, examples and the demonstration: every line in them that
 * runs a command of ours is one that the command takes.
 */

import { assert, assertEquals } from "@std/assert";
import { METHODS } from "../guest/agent/method.ts";
import type { Command } from "../lib/command/declaration.ts";
import { parse } from "../lib/command/parse.ts";
import { COMMANDS } from "../share/commands.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Blocks of Markdown that hold lines of a shell. */
const BLOCK = /^```(?:sh|console|crontab)\n(.*?)^```/gms;

interface Line {
  /** Such as `README.md: vms-doctor | cat`. */
  where: string;
  text: string;
}

async function markdown(): Promise<Line[]> {
  const names = [...Deno.readDirSync(`${ROOT}docs`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  const found: Line[] = [];
  for (const path of ["README.md", "bench/README.md", ...names.sort()]) {
    const text = await Deno.readTextFile(ROOT + path);
    for (const [block, inside = ""] of text.matchAll(BLOCK)) {
      const console = block.startsWith("```console");
      found.push(
        ...inside.split("\n")
          .filter((line) => !console || line.startsWith("$ "))
          .map((line) => line.replace(/^\$ /, ""))
          .map((line) => ({ where: `${path}: ${line}`, text: line })),
      );
    }
  }
  return found;
}

async function units(): Promise<Line[]> {
  const found: Line[] = [];
  for (const kind of ["system", "user"]) {
    for (const { name } of Deno.readDirSync(`${ROOT}share/systemd/${kind}`)) {
      const path = `share/systemd/${kind}/${name}`;
      const text = await Deno.readTextFile(ROOT + path);
      for (const [, line = ""] of text.matchAll(/^Exec\w*=[-@:+!]*(.*)$/gm)) {
        found.push({ where: `${path}: ${line}`, text: line });
      }
    }
  }
  return found;
}

/**
 * The commands of a line of sh, as words: enough of sh for what documents
 * hold. What stands for many words (`$(...)`, a pattern) is one word.
 */
function commandsOf(line: string): string[][] {
  const token =
    /\s*(?:(#.*)|(\d*>>?|<|&&|\|\|?|;|&)|((?:"[^"]*"|'[^']*'|\\.|[^\s"'\\;&|<>])+))/gy;
  const all: string[][] = [[]];
  let redirected = false;
  for (const [, comment, operator, word] of line.trim().matchAll(token)) {
    if (comment !== undefined) break;
    if (operator !== undefined) {
      redirected = /[<>]/.test(operator);
      if (!redirected) all.push([]);
    } else if (redirected) redirected = false;
    else all.at(-1)!.push(word!.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return all.filter((words) => words.length > 0);
}

/** What may stand before a command: sudo, variables, the times of cron. */
const BEFORE = /^(sudo|(\/usr\/bin\/)?env|\w+=.*|[\d*,/-]+)$/;

/** Name and words of a command of ours; undefined where it is another's. */
function ours(words: string[]): string[] | undefined {
  const at = words.findIndex((word) => !BEFORE.test(word));
  const [name = "", ...rest] = words.slice(at);
  if (!/^vms(-[a-z]+)?$/.test(name)) return;
  return name === "vms"
    ? [`vms-${rest[0]}`, ...rest.slice(1)]
    : [name, ...rest];
}

async function declared(name: string): Promise<Command> {
  const module = await COMMANDS[name]!.load() as Record<string, Command>;
  return Object.values(module).find((value) => value?.name === name)!;
}

async function refusal(words: string[]): Promise<string | undefined> {
  const [name = "", ...argv] = words;
  if (!Object.hasOwn(COMMANDS, name)) return `there is no ${name}`;
  try {
    parse(await declared(name), argv);
  } catch (error) {
    return (error as Error).message;
  }
}

async function refusals(lines: Line[]): Promise<[number, string[]]> {
  const wrong: string[] = [];
  let count = 0;
  for (const { where, text } of lines) {
    for (const words of commandsOf(text).map(ours)) {
      if (!words) continue;
      count++;
      const why = await refusal(words);
      if (why) wrong.push(`${where}\n  ${why}`);
    }
  }
  return [count, wrong];
}

Deno.test("every command line in the documents is understood", async () => {
  const [count, wrong] = await refusals(await markdown());
  assertEquals(wrong, []);
  assert(count > 30, `${count} lines are too few: are they found?`);
});

Deno.test("every command line in the units is understood", async () => {
  const [count, wrong] = await refusals(await units());
  assertEquals(wrong, []);
  assert(count >= 3, `${count}`);
});

Deno.test("every command line of the demonstration is understood", async () => {
  const text = await Deno.readTextFile(`${ROOT}tests/lab/demo`);
  const steps = text.matchAll(/^ {2}'(?:run|may|tty:\d+|x11:\d+) (.*)'$/gm);
  const lines = [...steps].map(([, line = ""]) => ({
    where: line,
    text: line,
  }));
  const [count, wrong] = await refusals(lines);
  assertEquals(wrong, []);
  assert(count > 20, `${count}`);
});

Deno.test("every example of a command is understood by it", async () => {
  const lines: Line[] = [];
  for (const name of Object.keys(COMMANDS)) {
    const { examples } = await declared(name);
    assert(examples.length > 0, `${name} has no example`);
    lines.push(...examples.map(([text]) => ({ where: name, text })));
  }
  assertEquals((await refusals(lines))[1], []);
});

Deno.test("docs/agent.md has every method of the agent", async () => {
  const session = await Deno.readTextFile(`${ROOT}guest/agent/session.ts`);
  const others = [...session.matchAll(/(?:case|method ===) "([a-z_]+)"/g)];
  const methods = [...Object.keys(METHODS), ...others.map(([, name]) => name!)];
  assert(methods.length > 15, `${methods.length} are too few: are they found?`);
  const text = await Deno.readTextFile(`${ROOT}docs/agent.md`);
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  const has = (method: string) =>
    rows.some((row) => row.split("|", 3).join().includes(`\`${method}\``));
  assertEquals(methods.filter((method) => !has(method)), []);
});

Deno.test("what is no such command line is found out", async () => {
  const lines = [
    "vms-start --wait a && vms-stop --bogus a   # vms-nothing",
    "FOO=1 sudo vms-clone gui 'a b' >/dev/null",
    "echo 'vms-nothing' | vms nothing",
  ].map((text) => ({ where: text, text }));
  const [count, wrong] = await refusals(lines);
  assertEquals([count, wrong.map((one) => one.split("\n  ")[1])], [4, [
    "cannot understand the command line: vms-stop has no option --bogus",
    'cannot understand the command line: vms-clone NAME: "a b" is not a ' +
    "name: 1 to 63 of a-z, 0-9 and -, not beginning with -",
    "there is no vms-nothing",
  ]]);
});
