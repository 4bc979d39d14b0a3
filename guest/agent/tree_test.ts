import { assertEquals, assertRejects } from "@std/assert";
import { inFolder, listing } from "../../tests/tree_world.ts";
import { message, PIECE, TreeError } from "./tree.ts";
import { receive, targetOf } from "./tree_receive.ts";
import { send } from "./tree_send.ts";

/** A stream of messages that nobody honest would send. */
async function* stream(...parts: Uint8Array[]) {
  for (const part of parts) yield await Promise.resolve(part);
}

const begin = (entries: number) =>
  message({ type: "begin", items: ["a"], bytes: 9, entries });
const BEGIN = begin(3);
const END = message({ type: "end" });
const FOLDER = message({
  type: "directory",
  path: "a",
  mode: 0o755,
  mtime: 0,
});
const file = (path: string, size: number) =>
  message({ type: "file", path, mode: 0o644, mtime: 0, size });

/** What a stream is refused with; nothing may be left of it. */
async function refused(...parts: Uint8Array[]): Promise<string> {
  let words = "";
  await inFolder(async (path) => {
    const error = await assertRejects(
      () => receive(stream(...parts), { directory: path }, ["a"]),
      TreeError,
    );
    words = error.message;
    assertEquals(await listing(path), {});
  });
  return words;
}

Deno.test("receive makes what send was given, with modes, times and links", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/from/deep/er`, { recursive: true });
    await Deno.mkdir(`${path}/to`);
    await Deno.writeTextFile(`${path}/from/run`, "#!", { mode: 0o755 });
    await Deno.writeTextFile(`${path}/from/deep/er/x`, "x".repeat(200_000));
    await Deno.writeTextFile(`${path}/from/empty`, "", { mode: 0o600 });
    await Deno.symlink("deep/er/x", `${path}/from/link`);
    await Deno.utime(`${path}/from/run`, 1000, 1234567);
    const { paths, skipped } = await receive(send([`${path}/from`]), {
      directory: `${path}/to`,
    }, ["from"]);
    assertEquals([paths, skipped], [[`${path}/to/from`], []]);
    assertEquals(
      await listing(`${path}/to/from`),
      await listing(`${path}/from`),
    );
    const { mtime } = await Deno.stat(`${path}/to/from/run`);
    assertEquals(mtime!.getTime(), 1234567000);
  });
});

Deno.test("send tells of each piece that has gone, to the last byte", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/from`);
    await Deno.writeFile(`${path}/from/a`, new Uint8Array(2 * PIECE + 1));
    await Deno.writeTextFile(`${path}/from/b`, "b");
    const told: [bytes: number, of: number][] = [];
    const progress = (...one: [number, number]) => void told.push(one);
    for (const _ of send([`${path}/from`], { progress }));
    const all = 2 * PIECE + 2;
    const gone = [PIECE, 2 * PIECE, 2 * PIECE + 1, all];
    assertEquals(told, gone.map((bytes) => [bytes, all]));
  });
});

Deno.test("receive can be cleared in the middle, and nothing comes of it then", async () => {
  await inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/a`, "new");
    await Deno.mkdir(`${path}/to`);
    const target = { directory: `${path}/to` };
    let clear = () => {};
    const staged = (how: () => void) => void (clear = how);
    const there = () => [...Deno.readDirSync(target.directory)].length;
    const seen: number[] = [];
    function* cleared() {
      const [begin, ...rest] = send([`${path}/a`]);
      yield begin!;
      seen.push(there());
      clear();
      seen.push(there());
      yield* rest;
    }
    await assertRejects(
      () => receive(cleared(), target, ["a"], { staged }),
      TreeError,
    );
    assertEquals(seen, [1, 0]);
    assertEquals(await listing(path), { a: "644 new", "to/": "755" });
  });
});

Deno.test("receive under another name, and not over what is there", async () => {
  await inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/a`, "new");
    const target = targetOf(`${path}/b`);
    assertEquals(target, { directory: path, name: "b" }, ["a"]);
    await receive(send([`${path}/a`]), target, ["a"]);
    assertEquals(await Deno.readTextFile(`${path}/b`), "new");
    await Deno.writeTextFile(`${path}/a`, "newer");
    const again = () => receive(send([`${path}/a`]), target, ["a"]);
    const error = await assertRejects(again, TreeError);
    assertEquals(error.message, `${path}/b is there already`);
    await receive(send([`${path}/a`]), target, ["a"], { force: true });
    assertEquals(await Deno.readTextFile(`${path}/b`), "newer");
    assertEquals(Object.keys(await listing(path)).sort(), ["a", "b"]);
  });
});

Deno.test("receive with force adds to a folder that is there", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/from/d`, { recursive: true });
    await Deno.mkdir(`${path}/to/d`, { recursive: true });
    await Deno.writeTextFile(`${path}/from/d/one`, "1");
    await Deno.writeTextFile(`${path}/to/d/two`, "2");
    const target = { directory: `${path}/to` };
    await receive(send([`${path}/from/d`]), target, ["d"], { force: true });
    const names = Object.keys(await listing(`${path}/to/d`)).sort();
    assertEquals(names, ["one", "two"]);
  });
});

Deno.test("receive leaves out links that lead out of the copy", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/from/in`, { recursive: true });
    await Deno.symlink("/etc/passwd", `${path}/from/absolute`);
    await Deno.symlink("../../x", `${path}/from/in/above`);
    await Deno.symlink("../in", `${path}/from/in/inside`);
    await Deno.mkdir(`${path}/to`);
    const { skipped } = await receive(send([`${path}/from`]), {
      directory: `${path}/to`,
    }, ["from"]);
    assertEquals(skipped, ["from/absolute", "from/in/above"]);
    assertEquals(
      (await listing(`${path}/to`))["from/in/inside"],
      "-> ../in",
    );
  });
});

Deno.test("receive names the first links that it leaves out, and counts the rest", async () => {
  await inFolder(async (path) => {
    const entries = 1500;
    const parts = [begin(entries), FOLDER];
    for (let i = 1; i < entries; i++) {
      parts.push(message({ type: "link", path: `a/${i}`, target: "/" }));
    }
    const target = { directory: path };
    const come = await receive(stream(...parts, END), target, ["a"]);
    assertEquals([come.skipped.length, come.more], [1000, 499]);
    assertEquals(come.skipped[0], "a/1");
    assertEquals(await listing(path), { "a/": "755" });
  });
});

Deno.test("receive refuses more entries than it could remember", async () => {
  assertEquals(
    await refused(begin(1_000_001)),
    "these are 1000001 files and folders, more than the 1000000 that one " +
      "copy may have: make an archive of them first",
  );
});

Deno.test("receive refuses names that lead elsewhere", async () => {
  for (
    const name of ["../x", "a/../../x", "/etc/x", "a//x", "", "a/\x1b[0m", "b"]
  ) {
    assertEquals(
      await refused(BEGIN, file(name, 0)),
      `what is sent cannot be read: the name ${JSON.stringify(name)}`,
    );
  }
});

Deno.test("receive refuses an entry below a link", async () => {
  const link = message({ type: "link", path: "a/l", target: "." });
  assertEquals(
    await refused(BEGIN, FOLDER, link, file("a/l/x", 0)),
    "what is sent cannot be read: an entry in what is no folder",
  );
  assertEquals(
    await refused(
      BEGIN,
      message({ type: "link", path: "a", target: "/" }),
      END,
    ),
    "nothing of it may be kept: all are links that lead elsewhere",
  );
});

Deno.test("receive refuses sizes that are lies", async () => {
  const data = message({ type: "data", bytes: 4 }, new Uint8Array(4));
  const sum = message({ type: "checksum", crc32: "0" });
  assertEquals(
    await refused(BEGIN, file("a", 2), data),
    "a is longer than announced",
  );
  assertEquals(
    await refused(BEGIN, file("a", 9), data, sum),
    "a is shorter than announced",
  );
  assertEquals(
    await refused(BEGIN, file("a", 10)),
    "what is sent cannot be read: more bytes than announced",
  );
  assertEquals(
    await refused(BEGIN, file("a", 4), data, sum),
    "a has another checksum",
  );
  assertEquals(
    await refused(BEGIN),
    "what is sent cannot be read: it broke off",
  );
});

Deno.test("receive sweeps what a killed copy left, and no other", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/.vms-part-dead/tree`, { recursive: true });
    await Deno.writeTextFile(`${path}/.vms-part-dead/lock`, "");
    await Deno.mkdir(`${path}/.vms-part-live`);
    using live = await Deno.open(`${path}/.vms-part-live/lock`, {
      create: true,
      write: true,
    });
    await live.lock(true);
    await Deno.writeTextFile(`${path}/a`, "");
    await receive(send([`${path}/a`]), { directory: path, name: "b" }, ["a"]);
    assertEquals(
      Object.keys(await listing(path)).sort(),
      [".vms-part-live/", ".vms-part-live/lock", "a", "b"],
    );
  });
});
