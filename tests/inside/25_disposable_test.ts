/** Disposables: named, kept, crashed. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  domains,
  eventually,
  fails,
  inGuest,
  restartLibvirtd,
  run,
  virsh,
  vms,
  volumes,
} from "../e2e/vms.ts";

/** Set by the first test. */
let templates: string[] = [];
let images: string[] = [];

async function nothingLeft() {
  assertEquals(await domains(), templates);
  assertEquals(await volumes(), images);
}

/** Start one in the background; hand back its name. */
async function detached(): Promise<string> {
  const name = (await vms("dispose", "--detach", "minimal")).trim();
  assertMatch(name, /^disp-\d{4}$/);
  return name;
}

/** `vms-dispose` with a command that does not end by itself. */
async function busy(): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("vms-dispose", {
    args: ["minimal", "--", "sleep", "600"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await eventually(async () => {
    assertEquals((await vms("list", "--state=running")).split("\n").length, 2);
  });
  return child;
}

async function booted(name: string) {
  await eventually(async () => {
    await virsh("qemu-agent-command", name, '{"execute":"guest-ping"}');
  }, 120);
}

Deno.test("before disposables there are templates and nothing else", async () => {
  templates = await domains();
  images = await volumes();
  assertEquals(templates.includes("minimal@1"), true);
  const names = images.filter((name) => !name.includes(".warm-"));
  assertEquals(names, templates.map((name) => `${name}.qcow2`));
});

Deno.test("a named disposable is fresh at each start", async () => {
  await vms("clone", "--disposable", "minimal", "scratch");
  // The hash of its password is all that it keeps.
  const kept = [...images, "scratch.credentials"];
  assertEquals(await volumes(), kept);
  for (const time of ["first", "second"]) {
    await vms("start", "--wait", "scratch");
    const seen = await inGuest(
      "scratch",
      "sh",
      "-c",
      "ls /root/mark 2>/dev/null || echo fresh",
    );
    assertEquals(seen, "fresh", time);
    await inGuest("scratch", "sh", "-c", "touch /root/mark; sync");
    await vms("stop", "--force", "--timeout=0", "scratch");
    assertEquals(await volumes(), kept);
  }
  await vms("destroy", "scratch");
  await nothingLeft();
});

Deno.test("what a named disposable wrote goes also where it ends by itself", async () => {
  await vms("clone", "--disposable", "minimal", "scratch");
  const kept = [...images, "scratch.credentials"];
  for (const sweep of [["vms-doctor", "--repair"], ["vms-template", "prune"]]) {
    await vms("start", "scratch");
    const swept = await run(sweep);
    assertEquals((await volumes()).includes("scratch.qcow2"), true, "it runs");
    // As a guest that powers off, or crashes.
    await virsh("destroy", "scratch");
    assertEquals((await volumes()).includes("scratch.qcow2"), true);
    const { stderr } = await run(sweep);
    assertEquals(await volumes(), kept, swept.stderr + stderr);
  }
  await vms("destroy", "scratch");
  await nothingLeft();
});

Deno.test("a disposable does not come back from a reboot, and all of it goes", async () => {
  const name = await detached();
  assertEquals(await vms("list"), `${name}\n`);
  await booted(name);
  await run(["virsh", "reboot", "--mode", "agent", name]);
  await eventually(nothingLeft);
});

Deno.test("vms-keep turns a running disposable into an AppVM", async () => {
  const name = await detached();
  await fails(4, "cannot clone", "clone", name, "copy");
  await booted(name);
  await inGuest(
    name,
    "sh",
    "-c",
    "echo work > /home/user/kept; chown user: /home/user/kept; echo root > /opt/kept; sync",
  );
  await fails(
    4,
    "a template of that name exists",
    "keep",
    name,
    "minimal",
  );
  await fails(
    2,
    "the storage pool",
    "keep",
    "--home-size=900T",
    name,
    "bank",
  );
  assertEquals(await virsh("domstate", name), "running");
  assertEquals(await vms("keep", name, "bank"), "bank\n");
  assertEquals(await vms("list"), "bank\n");
  await booted("bank");
  assertEquals(await inGuest("bank", "hostname"), "bank");
  assertEquals(
    await inGuest("bank", "cat", "/home/user/kept", "/opt/kept"),
    "work\nroot",
  );
  assertMatch(
    await inGuest("bank", "findmnt", "-no", "SOURCE", "/home"),
    /vdb/,
  );
  await vms("destroy", "--force", "bank");
  await eventually(nothingLeft);
});

Deno.test("vms-dispose killed with -9 leaves nothing that the next call does not sweep", async () => {
  const child = await busy();
  child.kill("SIGKILL");
  await child.status;
  const [left] = (await vms("list")).split("\n");
  assertMatch(left!, /^disp-/);
  const ran = await run(["vms-dispose", "minimal", "--", "uname", "-s"]);
  assertEquals([ran.code, ran.stdout], [0, "Linux\n"], ran.stderr);
  await eventually(nothingLeft);
});

Deno.test("vms-dispose ended by a signal takes its VM with it", async () => {
  const child = await busy();
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 143);
  await eventually(nothingLeft);
});

Deno.test("a libvirtd that is killed while a disposable runs loses nothing", async () => {
  const name = await detached();
  await restartLibvirtd("--kill");
  assertEquals(await vms("list"), `${name}\n`);
  await vms("stop", "--force", "--timeout=0", name);
  await eventually(nothingLeft);
});

Deno.test("vms-dispose in a terminal opens the console, and all is gone when it stops", async () => {
  const session = new Deno.Command("script", {
    args: ["-qefc", "vms-dispose minimal", "/dev/null"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = session.stdin.getWriter();
  let seen = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of session.stdout) {
      seen += decoder.decode(bytes, { stream: true });
    }
  })();
  await eventually(() => {
    assertMatch(seen, /disp-\d{4} login: user \(automatic login\)/);
    assertMatch(seen, /\[user@|\$ $/);
    return Promise.resolve();
  }, 120);
  await keys.write(new TextEncoder().encode("sudo poweroff\r"));
  await reading;
  assertEquals((await session.status).code, 0, seen);
  await eventually(nothingLeft);
});
