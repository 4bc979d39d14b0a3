/** A sender that names something else than it was asked for. */

import { assertEquals, assertRejects } from "@std/assert";
import { inFolder, listing, pour, transfer } from "../../tests/tree_world.ts";
import { message, nameOf, TreeError } from "./tree.ts";
import { receive } from "./tree_receive.ts";
import { itemName, send } from "./tree_send.ts";

/** What an honest sender would say of empty files of these names. */
async function* files(...items: string[]) {
  const bytes = 0;
  yield message({ type: "begin", items, bytes, entries: items.length });
  for (const path of items) {
    yield message({ type: "file", path, mode: 0o644, mtime: 0, size: 0 });
    yield* nothing();
  }
  yield await Promise.resolve(message({ type: "end" }));
}

/** The checksum of a file without content. */
function* nothing() {
  yield message({ type: "checksum", crc32: "00000000" });
}

const names: [path: string, name: string][] = [
  ["notes.pdf", "notes.pdf"],
  ["/a/b", "b"],
  ["a/b//", "b"],
  ["~", "~"],
  ["~/.x", ".x"],
  ["...", "..."],
  [".", ""],
  ["./", ""],
  ["a/.", ""],
  ["..", ""],
  ["a/../", ""],
  ["/", ""],
  ["", ""],
];
for (const [path, name] of names) {
  Deno.test(`nameOf() of ${JSON.stringify(path)}`, () => {
    assertEquals(nameOf(path), name);
  });
}

Deno.test("nameOf() is the name that is sent, also of a link and with a slash behind", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/from/real`, { recursive: true });
    await Deno.symlink("real", `${path}/from/link`);
    const words = ["real/", "link", "link//"];
    for (const [at, word] of words.entries()) {
      const source = `${path}/from/${word}`;
      const directory = `${path}/to${at}`;
      await Deno.mkdir(directory);
      const name = word.replace(/\/+$/, "");
      const { paths } = await receive(send([source]), { directory }, [
        nameOf(source),
      ]);
      assertEquals(paths, [`${directory}/${name}`]);
    }
    assertEquals(itemName(`${path}/from/real/.`), "real");
    assertEquals(itemName(`${path}/from/real/..`), "from");
  });
});

const lies: [sent: string[], asked: string[], stranger: string][] = [
  [[".bash_profile"], ["notes.pdf"], ".bash_profile"],
  [["notes.pdf", ".bashrc"], ["notes.pdf"], ".bashrc"],
  [["notes.pdf"], ["Notes.pdf"], "notes.pdf"],
  [["notes.pdf"], [], "notes.pdf"],
];
for (const [sent, asked, stranger] of lies) {
  for (const force of [false, true]) {
    Deno.test(`receive(${force ? "force" : ""}) of ${sent} where [${asked}] is asked for is a lie`, async () => {
      await inFolder(async (directory) => {
        await Deno.writeTextFile(`${directory}/.bashrc`, "mine");
        const before = await listing(directory);
        const error = await assertRejects(
          () => receive(files(...sent), { directory }, asked, { force }),
          TreeError,
        );
        assertEquals(
          [error.kind, error.message],
          ["lie", `"${stranger}" is sent, which was not asked for`],
        );
        assertEquals(await listing(directory), before);
      });
    });
  }
}

Deno.test("receive refuses a name that was not asked for under a new name too", async () => {
  await inFolder(async (directory) => {
    const error = await assertRejects(
      () => receive(files("x"), { directory, name: "new" }, ["a"]),
      TreeError,
    );
    assertEquals(error.kind, "lie");
    assertEquals(await listing(directory), {});
  });
});

Deno.test("receive takes what only its sender can name under a new name alone", async () => {
  await inFolder(async (directory) => {
    const begun: string[] = [];
    async function* stream() {
      begun.push("read");
      yield* files(".bashrc");
    }
    const unnamed = await assertRejects(
      () => receive(stream(), { directory }, ["a", ""], { force: true }),
      TreeError,
    );
    assertEquals([unnamed.kind, begun], ["unnamed", []]);
    const target = { directory, name: "new" };
    const two = await assertRejects(
      () => receive(files(".bashrc", "x"), target, ["", ""]),
      TreeError,
    );
    assertEquals(two.message, `${directory}/new is no folder`);
    assertEquals(await listing(directory), {});
    const { paths } = await receive(stream(), target, [""]);
    assertEquals(paths, [`${directory}/new`]);
    assertEquals(Object.keys(await listing(directory)), ["new"]);
  });
});

Deno.test("the guest's end takes the names it is told, and no others", async () => {
  await inFolder(async (path) => {
    const receiving = (...words: string[]) =>
      transfer(["/"], "receive", ...words);
    const lie = {
      kind: "lie",
      error: '".bashrc" is sent, which was not asked for',
    };
    const cases: [words: string[], said: object][] = [
      [["-f", "--", path, "a", "b"], lie],
      [["--", path], lie],
      [["--", `${path}/new`, "a"], lie],
    ];
    for (const [words, said] of cases) {
      assertEquals(await pour(files(".bashrc"), receiving(...words)), said);
    }
    const { kind } = await pour(files("a"), receiving("--", path, ""));
    assertEquals(kind, "unnamed");
    assertEquals(await listing(path), {});
    assertEquals(
      await pour(files("b", "a"), receiving("--", path, "a", "b")),
      { paths: [`${path}/b`, `${path}/a`], skipped: [] },
    );
  });
});
