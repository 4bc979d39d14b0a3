import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { fakeRun } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { passwordStore } from "./store.ts";

/** With a home of its own; what was traced. */
async function withState(
  work: (state: string, log: (line: string) => void) => Promise<void>,
): Promise<string[]> {
  const state = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_STATE_HOME");
  const traced: string[] = [];
  try {
    Deno.env.set("XDG_STATE_HOME", state);
    await work(state, (line) => traced.push(line.replaceAll(state, "STATE")));
  } finally {
    if (before === undefined) Deno.env.delete("XDG_STATE_HOME");
    else Deno.env.set("XDG_STATE_HOME", before);
    await Deno.remove(state, { recursive: true });
  }
  return traced;
}

Deno.test("passwordStore() keeps files that nobody else reads", async () => {
  const traced = await withState(async (state, log) => {
    const run = realRun({ trace: true, dryRun: false, log });
    const store = passwordStore(run, { keyring: false });
    assertEquals(await store.read("web"), undefined);
    await store.write("web", "first");
    await store.write("web", " second ");
    assertEquals(await store.read("web"), " second ");
    const path = `${state}/vms/passwords`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o700);
    assertEquals((await Deno.stat(`${path}/web`)).mode! & 0o777, 0o600);
    const names = await Array.fromAsync(Deno.readDir(path));
    assertEquals(names.map(({ name }) => name), ["web"]);
    await store.forget("web");
    await store.forget("web");
    assertEquals(await store.read("web"), undefined);
  });
  assertEquals(traced, [
    "+ install -m 600 /dev/stdin STATE/vms/passwords/web",
    "+ install -m 600 /dev/stdin STATE/vms/passwords/web",
    "+ rm -f STATE/vms/passwords/web",
    "+ rm -f STATE/vms/passwords/web",
  ]);
});

Deno.test("passwordStore() tells VMs of other hosts apart", async () => {
  await withState(async () => {
    const run = realRun({ trace: false, dryRun: false, log: () => {} });
    const here = passwordStore(run, { keyring: false });
    const uri = "qemu+ssh://../away/system";
    const away = passwordStore(run, { keyring: false, uri });
    await here.write("web", "here");
    await away.write("web", "away");
    assertEquals(await here.read("web"), "here");
    assertEquals(await away.read("web"), "away");
  });
});

Deno.test("passwordStore() writes nothing where nothing may be changed", async () => {
  await withState(async (state, log) => {
    const run = realRun({ trace: false, dryRun: true, log });
    const store = passwordStore(run, { keyring: false });
    await store.write("web", "x");
    await store.forget("web");
    assertEquals(await Array.fromAsync(Deno.readDir(state)), []);
  });
});

Deno.test("passwordStore() asks the keyring, and gives it passwords by standard input", async () => {
  using run = fakeRun([
    ["secret-tool lookup service vms vm web uri local", { code: 1 }],
    [
      "secret-tool store --label=password of the VM web service vms vm web uri local",
      { stdin: "a b" },
    ],
    ["secret-tool lookup service vms vm web uri local", { stdout: "a b" }],
    ["secret-tool clear service vms vm web uri local", { code: 1 }],
  ]);
  const store = passwordStore(run, { keyring: true });
  assertEquals(await store.read("web"), undefined);
  await store.write("web", "a b");
  assertEquals(await store.read("web"), "a b");
  await store.forget("web");
});

Deno.test("passwordStore() says that the keyring is not there", async () => {
  using run = fakeRun([["secret-tool lookup service vms vm web uri local", {
    code: 1,
    stderr: "secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY\n",
  }]]);
  const failure = await assertRejects(
    () => passwordStore(run, { keyring: true }).read("web"),
    Failure,
  );
  assertEquals(failure.exit, "host");
  assertEquals(
    failure.message,
    "cannot use the keyring: secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY",
  );
});

Deno.test("passwordStore() shows no password in a trace of the keyring", async () => {
  const traced: string[] = [];
  const log = (line: string) => traced.push(line);
  const run = realRun({ trace: true, dryRun: true, log });
  const uri = "qemu+ssh://h/system";
  const store = passwordStore(run, { keyring: true, uri });
  await store.write("web", "very secret");
  assertEquals(traced, [`+ secret-tool store service vms vm web uri ${uri}`]);
});
