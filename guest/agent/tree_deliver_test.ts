/** What is left where: modes, refusals, and failures that come late. */

import { assertEquals, assertRejects } from "@std/assert";
import { inFolder, listing, pour, transfer } from "../../tests/tree_world.ts";
import { TreeError } from "./tree.ts";
import { receive } from "./tree_receive.ts";
import { send } from "./tree_send.ts";

/** A folder that nobody may write to, with another in it. */
async function makeClosed(path: string) {
  await Deno.mkdir(`${path}/inner`, { recursive: true });
  await Deno.writeTextFile(`${path}/inner/x`, "x", { mode: 0o444 });
  for (const folder of [`${path}/inner`, path]) {
    await Deno.utime(folder, 1000, 1234567);
    await Deno.chmod(folder, 0o555);
  }
}

Deno.test("a folder without write bits arrives as it was, for an ordinary user", async () => {
  await inFolder(async (path) => {
    await makeClosed(`${path}/from`);
    await Deno.mkdir(`${path}/to`);
    const end = transfer(["/"], "receive", "--", `${path}/to`, "from");
    const report = await pour(send([`${path}/from`]), end);
    assertEquals(report, { paths: [`${path}/to/from`], skipped: [] });
    assertEquals(await listing(`${path}/to`), {
      "from/": "555",
      "from/inner/": "555",
      "from/inner/x": "444 x",
    });
    for (const folder of ["from", "from/inner"]) {
      const { mtime } = await Deno.stat(`${path}/to/${folder}`);
      assertEquals(mtime!.getTime(), 1234567000, folder);
    }
  });
});

Deno.test("a folder without write bits is added to one that is there", async () => {
  await inFolder(async (path) => {
    await makeClosed(`${path}/from`);
    await Deno.mkdir(`${path}/to/from`, { recursive: true, mode: 0o755 });
    const end = transfer(["/"], "receive", "-f", "--", `${path}/to`, "from");
    await pour(send([`${path}/from`]), end);
    assertEquals(await listing(`${path}/to`), {
      "from/": "755",
      "from/inner/": "555",
      "from/inner/x": "444 x",
    });
  });
});

Deno.test("a folder that may not be written to refuses late, and nothing hidden stays", async () => {
  await inFolder(async (path) => {
    await makeClosed(`${path}/from/a`);
    await makeClosed(`${path}/from/shut/b`);
    await Deno.mkdir(`${path}/to/from/shut`, { recursive: true });
    await Deno.chmod(`${path}/to/from/shut`, 0o555);
    const end = transfer(["/"], "receive", "-f", "--", `${path}/to`, "from");
    assertEquals(await pour(send([`${path}/from`]), end), {
      kind: "failed",
      error: `${path}/to/from/shut/b: Permission denied`,
    });
    const left = await listing(`${path}/to`);
    // What was moved before is whole; what was not is not there.
    delete left["from/a/"], delete left["from/a/inner/"];
    delete left["from/a/inner/x"];
    assertEquals(left, { "from/": "755", "from/shut/": "555" });
  });
});

Deno.test("what a killed copy left is swept, whatever its modes", async () => {
  await inFolder(async (path) => {
    await makeClosed(`${path}/to/.vms-part-dead/tree/a`);
    await Deno.writeTextFile(`${path}/to/.vms-part-dead/lock`, "");
    await Deno.writeTextFile(`${path}/a`, "a", { mode: 0o600 });
    await pour(
      send([`${path}/a`]),
      transfer(["/"], "receive", "--", `${path}/to`, "a"),
    );
    assertEquals(await listing(`${path}/to`), { a: "600 a" });
  });
});

/** Three things to copy, and a target where one of them cannot be put. */
async function refusedWith(
  kind: "file" | "folder",
  force: boolean,
): Promise<string> {
  let words = "";
  await inFolder(async (path) => {
    const names = ["a", "b", "c"].map((name) => `${path}/from/${name}`);
    for (const name of names) {
      await Deno.mkdir(name, { recursive: true });
      await Deno.writeTextFile(`${name}/x`, "new");
    }
    await Deno.mkdir(`${path}/to/a`, { recursive: true });
    await Deno.writeTextFile(`${path}/to/a/x`, "old");
    if (kind === "file") await Deno.writeTextFile(`${path}/to/c`, "old");
    else await Deno.mkdir(`${path}/to/c/x`, { recursive: true });
    const before = await listing(`${path}/to`);
    const target = { directory: `${path}/to` };
    const error = await assertRejects(
      () => receive(send(names), target, ["a", "b", "c"], { force }),
      TreeError,
    );
    assertEquals(error.kind, "exists");
    assertEquals(await listing(`${path}/to`), before);
    words = error.message.replace(path, "");
  });
  return words;
}

Deno.test("a refusal leaves everything as it was, with force too", async () => {
  assertEquals(await refusedWith("file", true), "/to/c is no folder");
  assertEquals(await refusedWith("folder", true), "/to/c/x is a folder");
  assertEquals(await refusedWith("file", false), "/to/a is there already");
});

Deno.test("a name that is taken while a copy comes refuses all of it", async () => {
  await inFolder(async (path) => {
    const names = ["a", "b"].map((name) => `${path}/from/${name}`);
    await Deno.mkdir(`${path}/from`);
    await Deno.mkdir(`${path}/to`);
    for (const name of names) await Deno.writeTextFile(name, "new");
    // Taken when the beginning has been judged already.
    async function* taken() {
      for await (const bytes of send(names)) {
        yield bytes;
        await Deno.writeTextFile(`${path}/to/b`, "mine", { mode: 0o600 });
      }
    }
    const error = await assertRejects(
      () => receive(taken(), { directory: `${path}/to` }, ["a", "b"]),
      TreeError,
    );
    assertEquals(error.message, `${path}/to/b is there already`);
    assertEquals(await listing(`${path}/to`), { b: "600 mine" });
  });
});

Deno.test("an item that is announced twice is refused", async () => {
  await inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/a`, "");
    async function* twice() {
      for await (const bytes of send([`${path}/a`])) {
        const text = new TextDecoder().decode(bytes);
        yield new TextEncoder().encode(text.replace('["a"]', '["a","a"]'));
      }
    }
    await Deno.mkdir(`${path}/to`);
    const error = await assertRejects(
      () => receive(twice(), { directory: `${path}/to` }, ["a"]),
      TreeError,
    );
    assertEquals(
      error.message,
      "what is sent cannot be read: its beginning is wrong",
    );
    assertEquals(await listing(`${path}/to`), {});
  });
});
