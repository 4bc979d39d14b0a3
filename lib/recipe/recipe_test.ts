import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import {
  lineage,
  readRecipe,
  recipeDirectories,
  recipeNames,
} from "./recipe.ts";

/** Run with recipes of the user's own, by file name. */
async function withRecipes(
  files: Record<string, string>,
  run: (directory: string) => Promise<void>,
) {
  const home = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_CONFIG_HOME");
  Deno.env.set("XDG_CONFIG_HOME", home);
  const directory = `${home}/vms/recipes`;
  try {
    await Deno.mkdir(directory, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    await run(directory);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CONFIG_HOME");
    else Deno.env.set("XDG_CONFIG_HOME", before);
    await Deno.remove(home, { recursive: true });
  }
}

async function message(promise: Promise<unknown>): Promise<string> {
  const failure = await assertRejects(() => promise, Failure) as Failure;
  return `${failure.exit}: ${failure.message}`;
}

Deno.test("lineage() of a shipped recipe has the root first", async () => {
  const names = (await lineage("gui")).map(({ name }) => name);
  assertEquals(names, ["minimal", "gui"]);
});

Deno.test("recipeNames() has the shipped ones and the user's", () =>
  withRecipes(
    { "work.toml": "", "README": "", "Bad Name.toml": "" },
    async () => {
      assertEquals(await recipeNames(), ["gui", "minimal", "work"]);
    },
  ));

Deno.test("recipeDirectories() has the user's, the host's, the toolkit's", () =>
  withRecipes({}, (directory) => {
    const [own, host, shipped] = recipeDirectories();
    assertEquals([own, host], [directory, "/etc/vms/recipes"]);
    assertEquals(shipped!.endsWith("/guest/recipes/"), true);
    return Promise.resolve();
  }));

Deno.test("readRecipe() takes the user's before the shipped one", () =>
  withRecipes({ "minimal.toml": 'packages = ["vim"]' }, async () => {
    assertEquals((await readRecipe("minimal")).packages, ["vim"]);
  }));

Deno.test("readRecipe() names file, line and key of what is wrong", () =>
  withRecipes({
    "key.toml": 'packages = []\n\npakages = ["vim"]\n',
    "type.toml": 'packages = "vim"\n',
    "package.toml": 'parent = "minimal"\npackages = ["-rf"]\n',
    "size.toml": 'disk = "20X"\n',
    "syntax.toml": 'disk = "20G\n',
    "file.toml": '[files]\n"../x" = ""\n',
    "step.toml": 'steps = ["no.sh"]\n',
    "spice.toml": 'spice = ["clipboard", "sound"]\n',
  }, async (at) => {
    const known =
      "unknown key; known are summary, parent, packages, flatpaks, " +
      "flatpak_remote, services, user, autologin, sudo_password, launch, spice, files, steps, memory, vcpus, disk";
    const expected: Record<string, string> = {
      key: `usage: cannot use ${at}/key.toml:3: pakages: ${known}`,
      type: `usage: cannot use ${at}/type.toml:1: packages: must be a list`,
      package:
        `usage: cannot use ${at}/package.toml:2: packages: "-rf" is not the name of a package`,
      size:
        `usage: cannot use ${at}/size.toml:1: disk: "20X" is not a size such as 512M or 20G`,
      file:
        `usage: cannot use ${at}/file.toml:1: files: "../x" is not an absolute path`,
      spice:
        `usage: cannot use ${at}/spice.toml:1: spice: "sound" is none of clipboard, files`,
      step:
        `usage: cannot use ${at}/step.toml:1: steps: there is no file ${at}/no.sh`,
    };
    for (const [name, text] of Object.entries(expected)) {
      assertEquals(await message(readRecipe(name)), text);
    }
    const syntax = await message(readRecipe("syntax"));
    assertEquals(
      syntax.startsWith(`usage: cannot use ${at}/syntax.toml:1: `),
      true,
    );
  }));

Deno.test("lineage() refuses a missing parent and a loop", () =>
  withRecipes({
    "a.toml": 'summary = "a"\nparent = "b"\n',
    "b.toml": 'parent = "a"\n',
    "child.toml": 'parent = "nobody"\n',
  }, async (at) => {
    assertEquals(
      await message(lineage("a")),
      `usage: cannot use ${at}/b.toml:1: parent: the parents form a loop: a > b > a`,
    );
    assertEquals(
      await message(lineage("child")),
      `usage: cannot use ${at}/child.toml:1: parent: there is no recipe "nobody"`,
    );
  }));

Deno.test("readRecipe() of a name that is nowhere is missing", async () => {
  const text = await message(readRecipe("nobody"));
  assertEquals(
    text.startsWith('missing: cannot find the recipe "nobody": '),
    true,
  );
});
