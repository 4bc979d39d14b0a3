/**
 * Makes what is generated from the declarations in bin/: man pages and
 * completions, the table of commands, the links in bin/, and the permission
 * sets in deno.json. `deno task pages`.
 */

import { bashCompletion, bashToolkit } from "../lib/command/completion_bash.ts";
import { fishCompletion, fishToolkit } from "../lib/command/completion_fish.ts";
import { zshCompletion, zshToolkit } from "../lib/command/completion_zsh.ts";
import type { Command } from "../lib/command/declaration.ts";
import { manPage } from "../lib/command/man.ts";
import { overviewPage } from "../lib/command/overview.ts";
import {
  type PermissionSet,
  permissionSet,
  union,
} from "../lib/command/permissions.ts";
import { VERSION } from "../lib/command/version.ts";

const ROOT = new URL("../", import.meta.url);

/** Folders in share/ that hold nothing but generated files. */
const FOLDERS = ["man", "completions"];

/** All commands of bin/, by name. */
export async function commands(): Promise<Command[]> {
  const files = await namesIn("bin/");
  const names = files.filter((file) => /^vms-[a-z0-9-]+\.ts$/.test(file))
    .map((file) => file.slice(0, -".ts".length)).sort();
  return await Promise.all(names.map(async (name) => {
    const module = await import(new URL(`bin/${name}.ts`, ROOT).href);
    const found = Object.values(module).find((value) =>
      (value as Command)?.name === name
    );
    if (!found) throw new Error(`bin/${name}.ts declares no ${name}`);
    return found as Command;
  }));
}

/** Contents of the generated files, by path. */
export function files(all: Command[]): Map<string, string> {
  const names = all.map(({ name }) => name);
  return new Map([
    ["share/commands.ts", table(all)],
    ["share/man/man1/vms.1", overviewPage(all, VERSION)],
    ["share/completions/bash/vms", bashToolkit(names)],
    ["share/completions/zsh/_vms", zshToolkit(all)],
    ["share/completions/fish/vms.fish", fishToolkit(all)],
    ...all.flatMap((one): [string, string][] => [
      [`share/man/man1/${one.name}.1`, manPage(one, VERSION)],
      [`share/completions/bash/${one.name}`, bashCompletion(one)],
      [`share/completions/zsh/_${one.name}`, zshCompletion(one)],
      [`share/completions/fish/${one.name}.fish`, fishCompletion(one)],
    ]),
  ]);
}

/** Permission sets as deno.json has them; `vms` is the union of all. */
export function permissions(all: Command[]): Record<string, PermissionSet> {
  const sets = all.map((one) => [one.name, permissionSet(one)] as const);
  return {
    vms: union([permissionSet({ needs: {} }), ...sets.map(([, set]) => set)]),
    ...Object.fromEntries(sets),
  };
}

/** Paths of generated files that are there, also those no longer wanted. */
export async function present(): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of read(folder)) {
      if (isDirectory) await walk(`${folder}${name}/`);
      else found.push(folder + name);
    }
  };
  for (const folder of FOLDERS) await walk(`share/${folder}/`);
  return found.sort();
}

/** The text of deno.json with these permissions; all else is left alone. */
export function withPermissions(
  text: string,
  sets: Record<string, PermissionSet>,
): string {
  const entries = Object.entries(sets).map(([name, set]) => {
    const lines = Object.entries(set).map(([key, value]) =>
      `      "${key}": ${inline(value)}`
    );
    return `    "${name}": {\n${lines.join(",\n")}\n    }`;
  });
  const section = `  "permissions": {\n${entries.join(",\n")}\n  }`;
  const old = /^ {2}"permissions": \{[\s\S]*?^ {2}\}/m;
  return old.test(text)
    ? text.replace(old, () => section)
    : text.replace(/\n\}\s*$/, () => `,\n${section}\n}\n`);
}

/** As deno fmt leaves it: a list on one line where it fits. */
function inline(value: boolean | string[]): string {
  if (typeof value === "boolean") return `${value}`;
  const words = value.map((word) => JSON.stringify(word));
  const line = `[${words.join(", ")}]`;
  return line.length <= 60
    ? line
    : `[\n${words.map((word) => `        ${word}`).join(",\n")}\n      ]`;
}

/** What bin/vms.ts chooses from without loading it. */
function table(all: Command[]): string {
  const entries = all.map(({ name, summary }) =>
    [
      `  "${name}": {`,
      `    summary: ${JSON.stringify(summary)},`,
      `    load: () => import("../bin/${name}.ts"),`,
      "  },",
    ].join("\n")
  );
  return [
    "/** All commands; generated: deno task pages. */",
    "",
    'import type { Entries } from "../lib/command/multicall.ts";',
    "",
    all.length
      ? `export const COMMANDS: Entries = {\n${entries.join("\n")}\n};`
      : "export const COMMANDS: Entries = {};",
    "",
  ].join("\n");
}

async function* read(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(new URL(folder, ROOT));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(read(folder))).map(({ name }) => name);
}

async function write(path: string, text: string) {
  const url = new URL(path, ROOT);
  await Deno.mkdir(new URL("./", url), { recursive: true });
  await Deno.writeTextFile(url, text);
}

async function generate() {
  const all = await commands();
  const wanted = files(all);
  for (const path of await present()) {
    if (!wanted.has(path)) await Deno.remove(new URL(path, ROOT));
  }
  for (const [path, text] of wanted) await write(path, text);
  const old = await Deno.readTextFile(new URL("deno.json", ROOT));
  await write("deno.json", withPermissions(old, permissions(all)));
  const links = await namesIn("bin/");
  for (const { name } of all) {
    if (links.includes(name)) continue;
    await Deno.symlink("vms", new URL(`bin/${name}`, ROOT));
  }
}

if (import.meta.main) await generate();
