import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path/posix/join";
import { fakeContext } from "../lib/command/fake_context.ts";
import { fakeRun } from "../lib/process/fake_run.ts";
import { removeOwn } from "./removal.ts";

async function world() {
  const directory = await Deno.makeTempDir({ prefix: "vms-removal-" });
  for (const name of ["shared", "web", "mail"]) {
    await Deno.mkdir(join(directory, name, "download-x"), { recursive: true });
    await Deno.writeTextFile(join(directory, name, "a.part"), "1234");
  }
  using run = fakeRun([]);
  return {
    directory,
    config: { directory, shared: join(directory, "shared"), keyring: "/none" },
    context: fakeContext(run),
    names: async () =>
      (await Array.fromAsync(Deno.readDir(directory)))
        .map(({ name }) => name).sort(),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

Deno.test("removeOwn() removes what VMs had, and never what all share", async () => {
  await using w = await world();
  await removeOwn(w.config, w.context, ["web", "shared", "never-there"]);
  assertEquals(await w.names(), ["mail", "shared"]);
  assertEquals(w.context.said, []);
});

Deno.test("removeOwn() removes a link, and not what it leads to", async () => {
  await using w = await world();
  await Deno.symlink(join(w.directory, "mail"), join(w.directory, "link"));
  await removeOwn(w.config, w.context, ["link"]);
  assertEquals(await w.names(), ["mail", "shared", "web"]);
});

Deno.test("removeOwn() only says it in a dry run", async () => {
  await using w = await world();
  const dry = { ...w.context, dryRun: true };
  await removeOwn(w.config, dry, ["web", "never-there"]);
  assertEquals(await w.names(), ["mail", "shared", "web"]);
  assertEquals(w.context.said.length, 1);
  assertMatch(w.context.said[0]!, /^would remove .*\/web"?$/);
});

Deno.test("removeOwn() tells what it may not remove", async () => {
  await using w = await world();
  // Where nobody may remove anything, root neither.
  const config = { ...w.config, directory: "/proc/self" };
  await removeOwn(config, w.context, ["fdinfo"]);
  assertEquals(w.context.said, [
    "warning: /proc/self/fdinfo stays: permission denied; " +
    "try: sudo vms-cache clean fdinfo",
  ]);
});
