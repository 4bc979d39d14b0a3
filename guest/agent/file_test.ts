/** Files written where somebody else may write as well. */

import { assertEquals, assertRejects } from "@std/assert";
import { inFolder, listing } from "../../tests/tree_world.ts";
import { writeWhole } from "./file.ts";
import { CODE, RpcError } from "./json_rpc.ts";

const never = new AbortController().signal;

function written(content: Uint8Array, mode?: number) {
  return { content, createDirectories: false, mode };
}

/**
 * Put `trick` in the place of each part as soon as it is there. Watching by
 * name: it is the user's own directory.
 */
function swapping(folder: string, trick: (part: string) => void) {
  let over = false;
  const done = (async () => {
    while (!over) {
      for (const { name, isFile } of Deno.readDirSync(folder)) {
        if (!isFile || !name.endsWith(".part")) continue;
        try {
          trick(`${folder}/${name}`);
        } catch (error) {
          // It was removed meanwhile.
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
      await new Promise((next) => setTimeout(next));
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      await done;
    },
  };
}

const tricks: [name: string, trick: (part: string, victim: string) => void][] =
  [
    ["a link", (part, victim) => {
      Deno.removeSync(part);
      Deno.symlinkSync(victim, part);
    }],
    ["a file", (part, victim) => {
      Deno.removeSync(part);
      Deno.copyFileSync(victim, part);
      Deno.renameSync(part, `${part}x`);
      Deno.renameSync(`${part}x`, part);
    }],
    ["nothing", (part) => Deno.removeSync(part)],
  ];

for (const [name, trick] of tricks) {
  Deno.test(`writeWhole() gives no rights to ${name} in the place of its part`, () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/in`);
      const victim = `${folder}/victim`;
      await Deno.writeTextFile(victim, "secret", { mode: 0o600 });
      // Long enough to be swapped before it is all written.
      const content = new Uint8Array(16 * 2 ** 20);
      await using _swapping = swapping(
        `${folder}/in`,
        (part) => trick(part, victim),
      );
      const path = `${folder}/in/x`;
      const error = await assertRejects(
        () => writeWhole(path, [folder], written(content, 0o666), never),
        RpcError,
      );
      assertEquals(
        [error.code, error.message],
        [CODE.permission, `${path} was changed while it was written`],
      );
      const info = await Deno.lstat(victim);
      assertEquals(info.mode! & 0o777, 0o600);
      assertEquals(await Deno.readTextFile(victim), "secret");
      assertEquals(await Deno.lstat(path).catch(() => "none"), "none");
    }));
}

Deno.test("writeWhole() keeps the mode of what it replaces", () =>
  inFolder(async (folder) => {
    const content = new TextEncoder().encode("new");
    await Deno.writeTextFile(`${folder}/old`, "old", { mode: 0o640 });
    for (
      const [name, mode] of [["old", undefined], ["a", undefined], [
        "b",
        0o600,
      ]] as const
    ) {
      const path = `${folder}/${name}`;
      await writeWhole(path, [folder], written(content, mode), never);
    }
    assertEquals(await listing(folder), {
      old: "640 new",
      a: "644 new",
      b: "600 new",
    });
  }));

Deno.test("writeWhole() takes no path relative to where the agent is", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/old`, "old");
    await Deno.mkdir(`${folder}/in`);
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      for (const path of ["old", "new", "./old", "in/new", "in/more/new"]) {
        const file = { ...written(new Uint8Array(1)), createDirectories: true };
        const error = await assertRejects(
          () => writeWhole(path, ["/"], file, never),
          RpcError,
          "path is not absolute",
        );
        assertEquals(error.code, CODE.params);
      }
    } finally {
      Deno.chdir(before);
    }
    assertEquals(await Deno.readTextFile(`${folder}/old`), "old");
    const left = [
      ...Deno.readDirSync(folder),
      ...Deno.readDirSync(`${folder}/in`),
    ];
    assertEquals(left.map(({ name }) => name).sort(), ["in", "old"]);
  }));
