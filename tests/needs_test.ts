/** What a command declares to run, against the programs named in its modules. */

import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

interface Sets {
  [command: string]: { run: string[] };
}

const { permissions } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
) as { permissions: Sets };

/** Programs that some command declares. */
const programs = new Set(permissions.vms!.run);

/** Source of a module without its comments. */
async function source(module: URL): Promise<string> {
  const text = await Deno.readTextFile(module);
  return text.replace(/^\s*(\/\*\*?|\*|\/\/).*$/gm, "");
}

/** The module and all it imports, at its start or later; not for their types. */
async function reach(
  module: URL,
  found = new Map<string, string>(),
): Promise<Map<string, string>> {
  if (found.has(module.href)) return found;
  const text = await source(module);
  found.set(module.href, text);
  const imports =
    /^(?:import|export)\s(?!type\b)[^;]*?"(\.[^"]+)"|import\(\s*"(\.[^"]+)"/gm;
  for (const [, now, later] of text.matchAll(imports)) {
    const path = (now ?? later)!;
    if (path.endsWith(".ts")) await reach(new URL(path, module), found);
  }
  return found;
}

/** Programs that it starts, written in place. */
const STARTED = /\b(?:run|attached|talk|detached)\(\s*\[\s*"([^"]+)"/g;

/** First words of lists: argv is written as one. */
const LISTED = /\[\s*"([a-z][a-z0-9-]*)"/g;

/** Lists in there name programs of the guest. */
const OF_GUEST = new URL("lib/agent/", ROOT).href;

/** As do those that an agent is given. */
const GIVEN = /\brunProgram\(\s*\w+,\s*\[/g;

function named(href: string, text: string): string[] {
  const words = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, word]) => word!);
  if (href.startsWith(OF_GUEST)) return words(STARTED);
  const listed = [...text.replace(GIVEN, "").matchAll(LISTED)]
    .map(([, word]) => word!).filter((word) => programs.has(word));
  return [...words(STARTED), ...listed];
}

for (const [command, { run }] of Object.entries(permissions)) {
  if (command === "vms") continue;
  Deno.test(`${command} declares every program that its modules name`, async () => {
    const modules = await reach(new URL(`bin/${command}.ts`, ROOT));
    const missing = [...modules].flatMap(([href, text]) =>
      named(href, text).filter((word) => !run.includes(word))
        .map((word) => `${word} in ${href.slice(ROOT.href.length)}`)
    );
    assertEquals(missing, []);
  });
}
