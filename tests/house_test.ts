/** The rules of the house: who imports whom, and who may do what. */

import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url).pathname;

/** Folders of shipped code; tests and tools are free. */
const HOUSE = ["bin/", "lib/", "iso/", "cache/"];

/** Rooms by storey, top first. A room imports its own storey and below. */
const STOREYS: [name: string, rooms: string[]][] = [
  ["commands", ["bin"]],
  [
    "meaning",
    [
      "lib/install",
      "lib/template",
      "lib/recipe",
      "lib/vm",
      "lib/disposable",
      "lib/inside",
      "lib/network",
      "lib/usage",
      "lib/warm",
      "lib/doctor",
      "iso",
      "cache",
    ],
  ],
  [
    "outside things",
    [
      "lib/libvirt",
      "lib/image",
      "lib/console",
      "lib/agent",
      "lib/password",
      "lib/usb",
      "lib/spice",
      "lib/firewall",
      "lib/share",
      "lib/clipboard",
      "lib/host",
    ],
  ],
  [
    "ground",
    [
      "lib/command",
      "lib/process",
      "lib/config",
      "lib/xml",
      "lib/names",
      "lib/lock",
      "lib/undo",
    ],
  ],
];

const LONGEST = 300;

interface Source {
  path: string;
  text: string;
}

async function sources(): Promise<Source[]> {
  const found: Source[] = [];
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(ROOT + folder)) {
      const path = folder + name;
      if (isDirectory) await walk(`${path}/`);
      else if (/\.ts$/.test(name) && !/_test\.ts$|\.d\.ts$/.test(name)) {
        found.push({ path, text: await Deno.readTextFile(ROOT + path) });
      }
    }
  };
  for (const folder of HOUSE) await walk(folder);
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Modules that hold a table of calls for tests. */
function forTests({ path }: Source): boolean {
  return /\/fake_[a-z_]+\.ts$/.test(path);
}

const all = await sources();

/** `path: line` of each line that matches, comments left out. */
function lines(pattern: RegExp, allowed: (path: string) => boolean): string[] {
  return all.filter(({ path }) => !allowed(path)).flatMap(({ path, text }) =>
    text.split("\n")
      .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`)
  );
}

function imports({ text }: Source): string[] {
  const pattern = /(?:from|import|import\()\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map(([, specifier]) => specifier!);
}

function room(path: string): string {
  const [first, second] = path.split("/");
  return first === "lib" ? `lib/${second}` : first!;
}

function storey(path: string): number {
  return STOREYS.findIndex(([, rooms]) => rooms.includes(room(path)));
}

function target(from: string, specifier: string): string {
  const base = new URL(from, "file:///");
  return new URL(specifier, base).pathname.slice(1);
}

Deno.test("every module stands in a room that has a storey", () => {
  const homeless = all.map(({ path }) => path).filter((p) => storey(p) < 0);
  assertEquals(homeless, []);
});

Deno.test("imports point down only", () => {
  const wrong = all.flatMap((source) =>
    imports(source).filter((specifier) => specifier.startsWith(".")).map((
      specifier,
    ) => target(source.path, specifier))
      .filter((path) => storey(path) >= 0 && storey(path) < storey(source.path))
      .map((path) => `${source.path} imports ${path}`)
  );
  assertEquals(wrong, []);
});

/** The agent in the guest: both ends read the same frames and copies. */
const AGENT = "guest/agent/";

Deno.test("lib imports nothing outside lib but deno.json and the agent", () => {
  const wrong = all.filter(({ path }) => path.startsWith("lib/")).flatMap(
    (source) =>
      imports(source).filter((specifier) => specifier.startsWith("."))
        .map((specifier) => target(source.path, specifier))
        .filter((path) => !path.startsWith("lib/") && path !== "deno.json")
        .filter((path) => !path.startsWith(AGENT))
        .map((path) => `${source.path} imports ${path}`),
  );
  assertEquals(wrong, []);
});

Deno.test("the agent imports nothing that is not put into guests", async () => {
  const { imports: carried } = JSON.parse(
    await Deno.readTextFile(`${ROOT}${AGENT}guest.json`),
  );
  const wrong: string[] = [];
  for await (const { name } of Deno.readDir(ROOT + AGENT)) {
    if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
    const text = await Deno.readTextFile(ROOT + AGENT + name);
    wrong.push(
      ...imports({ path: AGENT + name, text }).filter((specifier) =>
        !/^\.\/[a-z_]+\.ts$/.test(specifier) &&
        !specifier.startsWith("node:") &&
        !(specifier in carried)
      ).map((specifier) => `${name} imports ${specifier}`),
    );
  }
  assertEquals(wrong, []);
});

Deno.test("no module imports one that is for tests", () => {
  const wrong = all.filter((source) => !forTests(source)).flatMap((source) =>
    imports(source).filter((specifier) =>
      /fake_|_test|tests\/|@std\/assert/.test(specifier)
    ).map((specifier) => `${source.path} imports ${specifier}`)
  );
  assertEquals(wrong, []);
});

/** Every file of a folder that is shipped, whatever it is written in. */
async function* shipped(folder: string): AsyncGenerator<Source> {
  for await (
    const { name, isDirectory, isFile } of Deno.readDir(ROOT + folder)
  ) {
    const path = `${folder}${name}`;
    if (isDirectory) yield* shipped(`${path}/`);
    else if (isFile && !name.endsWith("_test.ts")) {
      yield { path, text: await Deno.readTextFile(ROOT + path) };
    }
  }
}

Deno.test("nothing that is shipped knows of the lab or the tests", async () => {
  // Its name, its variables, its places, and its mirror's address.
  const pattern = /\blab\b|\bLAB_|\btests\/|\b192\.0\.2\./i;
  const wrong: string[] = [];
  let files = 0;
  for (const folder of [...HOUSE, "guest/", "share/"]) {
    for await (const { path, text } of shipped(folder)) {
      files++;
      wrong.push(
        ...text.split("\n").filter((line) => pattern.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      );
    }
  }
  assertEquals(wrong, []);
  assertEquals(files > 300, true, `${files} files`);
});

Deno.test("no module is named utils, helpers, common or manager", () => {
  const wrong = all.map(({ path }) => path).filter((path) =>
    /(^|[\/_])(utils?|helpers?|common|misc|managers?)([\/_.]|$)/.test(path)
  );
  assertEquals(wrong, []);
});

Deno.test("only lib/process starts programs", () => {
  const wrong = lines(
    /Deno\.Command\b/,
    (path) => path.startsWith("lib/process/"),
  );
  assertEquals(wrong, []);
});

Deno.test("only lib/command prints and exits", () => {
  const wrong = lines(
    /\bconsole\.(log|error|warn|info|debug|table)\b|Deno\.(stdout|stderr|exit)\b/,
    (path) => path.startsWith("lib/command/"),
  );
  assertEquals(wrong, []);
});

Deno.test("no module imports node:", () => {
  const wrong = all.flatMap((source) =>
    imports(source).filter((specifier) => specifier.startsWith("node:"))
      .map((specifier) => `${source.path} imports ${specifier}`)
  );
  assertEquals(wrong, []);
});

Deno.test(`no module is longer than ${LONGEST} lines`, () => {
  const long = all.map(({ path, text }) => ({
    path,
    lines: text.split("\n").length - 1,
  })).filter(({ lines }) => lines > LONGEST);
  assertEquals(long, []);
});

Deno.test("every command in bin/ ends by running itself", () => {
  const wrong = all.filter(({ path }) => /^bin\/vms-/.test(path))
    .filter(({ text }) =>
      !/\nif \(import\.meta\.main\) await main\(\w+\);\n$/.test(text)
    ).map(({ path }) => path);
  assertEquals(wrong, []);
});

Deno.test("libraries are pinned in deno.json", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const loose = Object.entries<string>(imports).filter(([, to]) =>
    !/^(npm|jsr):@?[^@]+@\d+\.\d+\.\d+(\/|$)/.test(to)
  );
  assertEquals(loose, []);
  const unnamed = all.flatMap((source) =>
    [...source.text.matchAll(/["'](?:npm|jsr|https):[^"']*["']/g)]
      .filter(([word]) => /["'](npm|jsr):/.test(word))
      .map(([word]) => `${source.path}: ${word}`)
  );
  assertEquals(unnamed, []);
});
