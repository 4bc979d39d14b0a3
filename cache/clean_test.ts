import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import type { Listed } from "../lib/libvirt/domain.ts";
import { fakeRun } from "../lib/process/fake_run.ts";
import { realRun, type Run } from "../lib/process/run.ts";
import { Failure } from "../lib/command/failure.ts";
import { clean } from "./clean.ts";
import { owners } from "./contents.ts";
import { cacheStatus } from "./status.ts";

const real = realRun({ trace: false, dryRun: false, log() {} });

const LIST: Listed[] = [
  { name: "web", state: "shut off", kind: "appvm" },
  { name: "mail", state: "running", kind: "appvm" },
  { name: "gui@1", state: "shut off", kind: "template" },
];

async function world() {
  const directory = await Deno.makeTempDir({ prefix: "vms-clean-" });
  const shared = join(directory, "shared");
  for (const name of ["shared", "web", "mail", "gui", "former"]) {
    await Deno.mkdir(join(directory, name, "download-x"), { recursive: true });
    await Deno.writeTextFile(join(directory, name, "a.part"), "1234");
  }
  const config = { directory, shared, keyring: "/nowhere" };
  return {
    config,
    shared,
    path: (...words: string[]) => join(directory, ...words),
    names: async (...words: string[]) =>
      (await Array.fromAsync(Deno.readDir(join(directory, ...words))))
        .map(({ name }) => name).sort(),
    add: (...words: string[]) =>
      Deno.writeTextFile(join(directory, ...words), "x"),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

const said: string[] = [];
const context = (run: Run = real, dryRun = false) => ({
  run,
  dryRun,
  say: (line: string) => void said.push(line),
});
const ALL = { keep: 2, all: false, shared: true };

Deno.test("clean() removes interrupted downloads and former VMs, spares running ones", async () => {
  await using w = await world();
  said.length = 0;
  const vms = await owners(w.config);
  const done = await clean(w.config, context(), LIST, vms, ALL);
  assertEquals(done.failed, []);
  assertEquals(await w.names(), ["gui", "mail", "shared", "web"]);
  assertEquals(await w.names("web"), []);
  assertEquals(await w.names("mail"), ["a.part", "download-x"]);
  assertEquals(await w.names("shared"), []);
  assertEquals(said, [
    "left alone: mail, which is running or being worked on",
  ]);
  const again = await clean(w.config, context(), LIST, vms, ALL);
  assertEquals(again.removed, []);
});

Deno.test("clean() keeps the newest versions, as vercmp orders them", async () => {
  await using w = await world();
  const versions = ["1.9-1", "1.10-1", "1:0.1-1", "1.10-2", "1.10rc1-1"];
  for (const version of versions) {
    await w.add("shared", `hello-${version}-any.pkg.tar.zst`);
    await w.add("shared", `hello-${version}-any.pkg.tar.zst.sig`);
  }
  await w.add("shared", "other-1-1-any.pkg.tar.zst");
  await w.add("shared", "gone-1-1-any.pkg.tar.zst.sig");
  await clean(w.config, context(), LIST, [], ALL);
  assertEquals(await w.names("shared"), [
    "hello-1.10-2-any.pkg.tar.zst",
    "hello-1.10-2-any.pkg.tar.zst.sig",
    "hello-1:0.1-1-any.pkg.tar.zst",
    "hello-1:0.1-1-any.pkg.tar.zst.sig",
    "other-1-1-any.pkg.tar.zst",
  ]);
});

Deno.test("clean() says so where vercmp is missing, and takes the later file", async () => {
  await using w = await world();
  for (const [version, age] of [["2-1", 30], ["3-1", 10], ["4-1", 20]]) {
    const name = `hello-${version}-any.pkg.tar.zst`;
    await w.add("shared", name);
    const time = Date.now() / 1000 - Number(age);
    await Deno.utime(w.path("shared", name), time, time);
  }
  const without = Object.assign(
    () => Promise.reject(new Failure("host", "cannot run vercmp", "missing")),
    fakeRun([]),
  );
  said.length = 0;
  const how = { ...ALL, keep: 1 };
  await clean(w.config, context(without as Run), LIST, [], how);
  assertEquals(await w.names("shared"), ["hello-3-1-any.pkg.tar.zst"]);
  assertEquals(said, [
    "warning: vercmp of pacman is missing: the later file counts as newer",
  ]);
});

Deno.test("clean() --all empties all but what is in use", async () => {
  await using w = await world();
  await w.add("shared", "hello-1-1-any.pkg.tar.zst");
  await w.add("web", "hello-1-1-any.pkg.tar.zst");
  const vms = await owners(w.config);
  const how = { ...ALL, all: true };
  const busy: Listed[] = [...LIST, {
    name: "gui@build",
    state: "running",
    kind: "build",
  }];
  await clean(w.config, context(), busy, vms, how);
  assertEquals(await w.names("web"), []);
  assertEquals((await w.names("gui")).length, 2);
  assertEquals((await w.names("shared")).length, 3);
  await clean(w.config, context(), LIST, vms, how);
  assertEquals(await w.names("shared"), []);
});

Deno.test("clean() changes nothing in a dry run, and follows no link", async () => {
  await using w = await world();
  await Deno.symlink(w.path("mail"), w.path("web", "download-link"));
  said.length = 0;
  const dry = await clean(w.config, context(real, true), LIST, ["web"], ALL);
  assertEquals(dry.removed, []);
  assertEquals(said.length, 5);
  assertEquals((await w.names("web")).length, 3);
  await clean(w.config, context(), LIST, ["web"], ALL);
  assertEquals(await w.names("web"), []);
  assertEquals((await w.names("mail")).length, 2);
});

Deno.test("cacheStatus() counts what lies where", async () => {
  await using w = await world();
  await w.add("web", "hello-1-1-any.pkg.tar.zst");
  await w.add("web/download-x", "hello-1-1-any.pkg.tar.zst.part");
  const rows = await cacheStatus(w.config, LIST);
  assertEquals(
    rows.map(({ name, state, packages, bytes, leftovers, newest }) => [
      ...[name, state, packages, bytes, leftovers, newest !== undefined],
    ]),
    [
      ["shared", "shared", 0, 4, 2, false],
      ["former", "gone", 0, 4, 2, false],
      ["gui", "off", 0, 4, 2, false],
      ["mail", "running", 0, 4, 2, false],
      ["web", "off", 1, 6, 2, true],
    ],
  );
});
