/** What is generated must be what the declarations say now. */

import { assertEquals } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import {
  commands,
  files,
  permissions,
  present,
  withPermissions,
} from "./generate.ts";

const ROOT = new URL("../", import.meta.url);
const CURE = "run: deno task pages";

const all = await commands();
const wanted = files(all);

async function read(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(new URL(path, ROOT)).catch(() => undefined);
}

for (const [path, text] of wanted) {
  Deno.test(`${path} is current`, async () => {
    assertEquals(await read(path) === text, true, CURE);
  });
}

Deno.test("share/ holds no page of a command that is gone", async () => {
  const left = (await present()).filter((path) => !wanted.has(path));
  assertEquals(left, [], CURE);
});

Deno.test("deno.json has the permission set of every command", async () => {
  const text = (await read("deno.json"))!;
  assertEquals(JSON.parse(text).permissions, permissions(all), CURE);
});

Deno.test("share/commands.ts names every command of bin/", () => {
  assertEquals(Object.keys(COMMANDS), all.map(({ name }) => name), CURE);
});

Deno.test("bin/ has a link to the launcher for every command", async () => {
  for (const { name } of all) {
    const link = new URL(`bin/${name}`, ROOT);
    const to = await Deno.readLink(link).catch(() => undefined);
    assertEquals(to, "vms", `bin/${name}: ${CURE}`);
  }
});

Deno.test("bin/ has no link of a command that is gone", async () => {
  for await (const { name, isSymlink } of Deno.readDir(new URL("bin", ROOT))) {
    if (isSymlink) assertEquals(Object.hasOwn(COMMANDS, name), true, name);
  }
});

Deno.test("every page is set by groff without a warning", async () => {
  const pages = [...wanted.keys()].filter((path) => path.endsWith(".1"));
  const { stderr, code } = await new Deno.Command("groff", {
    args: ["-man", "-ww", "-Tutf8", "-z", ...pages],
    cwd: ROOT,
  }).output();
  assertEquals([new TextDecoder().decode(stderr), code], ["", 0]);
});

Deno.test("withPermissions() leaves all else as it is", () => {
  const sets = { vms: { ...permissions([]).vms!, run: ["a"] } };
  const bare = '{\n  "fmt": { "exclude": ["x"] }\n}\n';
  const once = withPermissions(bare, sets);
  assertEquals(once.startsWith('{\n  "fmt": { "exclude": ["x"] },\n'), true);
  assertEquals(JSON.parse(once).permissions, sets);
  assertEquals(withPermissions(once, sets), once);
  const other = withPermissions(once, permissions([]));
  assertEquals(JSON.parse(other).permissions.vms.run, []);
});
