import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { run } from "../../tests/iso_world.ts";
import { keepLogs, makeGuestFolders, removeGuestFolders } from "./folders.ts";

const DOMAIN = "web@build";

async function inFolder(work: (path: string) => Promise<void>) {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const permissions = async (path: string) =>
  (await Deno.lstat(path)).mode! & 0o777;

const namesIn = (path: string) =>
  [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("makeGuestFolders() begins anew where a killed command left one", () =>
  inFolder(async (directory) => {
    const first = await makeGuestFolders(DOMAIN, directory);
    await Deno.writeTextFile(join(first.seed, "old"), "");
    const second = await makeGuestFolders(DOMAIN, directory);
    assertEquals(second, first);
    assertEquals(namesIn(second.path), ["log", "seed"]);
    assertEquals(namesIn(second.seed), []);
    assertEquals(await permissions(second.path), 0o700);
    assertEquals(await permissions(second.log), 0o700);
    await removeGuestFolders(second);
    assertEquals(namesIn(directory), []);
  }));

Deno.test("makeGuestFolders() follows no link, and takes the place of no file", () =>
  inFolder(async (directory) => {
    const elsewhere = join(directory, "elsewhere");
    await Deno.mkdir(elsewhere);
    await Deno.writeTextFile(join(elsewhere, "kept"), "");
    const path = join(directory, `install-${DOMAIN}`);
    await Deno.symlink(elsewhere, path);
    await makeGuestFolders(DOMAIN, directory);
    assertEquals(namesIn(elsewhere), ["kept"]);
    assertEquals((await Deno.lstat(path)).isDirectory, true);
  }));

Deno.test("makeGuestFolders() does not go on with what it cannot remove", () =>
  inFolder(async (directory) => {
    const file = join(directory, "file");
    await Deno.writeTextFile(file, "");
    const { exit, hint } = await assertRejects(
      () => makeGuestFolders(DOMAIN, file),
      Failure,
    );
    assertEquals([exit, hint], ["conflict", "vms-doctor --repair"]);
  }));

Deno.test("keepLogs() takes regular files alone, and no more than their ends", () =>
  inFolder(async (directory) => {
    const from = join(directory, "from");
    const to = join(directory, "to");
    const secret = join(directory, "secret");
    for (const path of [from, to]) await Deno.mkdir(path);
    await Deno.writeTextFile(secret, "secret");
    await Deno.writeTextFile(join(to, "console"), "all that was said");
    const inside = (name: string) => join(from, `${name}.log`);
    await Deno.writeTextFile(inside("plain"), "one\ntwo\n");
    await Deno.writeTextFile(inside("setuid"), "#!/bin/sh\n");
    await Deno.chmod(inside("setuid"), 0o4755);
    await Deno.symlink(secret, inside("link"));
    await run(["mkfifo", inside("fifo")]);
    await Deno.mkdir(inside("folder"));
    await Deno.writeTextFile(inside("huge"), "begin");
    await Deno.truncate(inside("huge"), 8 * 2 ** 30);
    await Deno.writeTextFile(inside("huge"), "end", { append: true });
    // No step's.
    await Deno.writeTextFile(join(from, "console"), "a lie");
    await Deno.writeTextFile(inside("other"), "");
    const steps = ["plain", "setuid", "link", "fifo", "folder", "huge", "none"];
    await keepLogs(from, to, steps);
    const kept = ["huge", "plain", "setuid"].map((name) => `${name}.log`);
    assertEquals(namesIn(to), ["console", ...kept]);
    const text = (name: string) => Deno.readTextFile(join(to, name));
    assertEquals(await text("console"), "all that was said");
    assertEquals(await text("plain.log"), "one\ntwo\n");
    const huge = await text("huge.log");
    assertEquals([huge.length, huge.slice(-4)], [4 * 2 ** 20, "\0end"]);
    for (const name of kept) {
      assertEquals((await Deno.lstat(join(to, name))).mode! & 0o7777, 0o600);
    }
  }));
