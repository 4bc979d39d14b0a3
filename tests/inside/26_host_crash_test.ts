/**
 * A host that stops under its VMs, as where its power fails, and what is there
 * when it comes up. What it had not written to its disks it still has here.
 */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { domains, eventually, run, virsh, vms, volumes } from "../e2e/vms.ts";

const CRASH = `${Deno.env.get("LAB_SOURCE")}/tests/lab/crash`;

/** Set by the first test. */
let templates: string[] = [];
let images: string[] = [];
let before: string[] = [];

const inside = (vm: string, script: string) =>
  vms("exec", vm, "--", "sh", "-c", script);

/** Volumes, but for the layers that a running VM got when it was cloned. */
async function kept(): Promise<string[]> {
  const layer = /^work\.(home\.)?1\./;
  return (await volumes()).filter((name) => !layer.test(name));
}

function begin(program: string, ...args: string[]): Deno.ChildProcess {
  const options = { args, stdout: "null", stderr: "null" } as const;
  return new Deno.Command(program, options).spawn();
}

Deno.test("there are an AppVM, its clone, disposables, a pool and a build when the power fails", async () => {
  [templates, images] = [await domains(), await volumes()];
  await vms("clone", "--start", "minimal", "work");
  await inside("work", "echo mine > letter; sync");
  await vms("clone", "--disposable", "minimal", "scratch");
  before = await volumes();
  await vms("pool", "set", "minimal", "1");
  await vms("clone", "work", "copy");
  await vms("start", "scratch");
  await vms("dispose", "--detach", "minimal");
  const begun = [
    begin("vms-dispose", "--cold", "minimal", "--", "sleep", "600"),
    begin("vms-template", "build", "minimal"),
  ];
  await eventually(async () => {
    const running = ["--kind=disposable", "--state=running"];
    const names = (await vms("list", ...running)).trim().split("\n");
    // Forked, booted and with a name; and the live system of the build.
    assertEquals(names.length, 3);
    assertMatch(await virsh("list", "--name"), /^minimal@build$/m);
  });
  for (const child of begun) {
    child.kill("SIGKILL");
    await child.status;
  }
  const { code, stderr } = await run([CRASH]);
  assertEquals(code, 0, stderr);
});

Deno.test("what is to stay is there, and off", async () => {
  assertEquals(await vms("list", "--state=active"), "");
  assertEquals(await vms("list", "--kind=appvm"), "copy\nwork\n");
  assertMatch(await vms("list", "--kind=disposable"), /^scratch$/m);
  assertNotEquals(await kept(), before);
});

Deno.test("vms-doctor --repair takes away what disposables left", async () => {
  await run(["vms-doctor", "--repair"]);
  assertEquals(await vms("list"), "copy\nscratch\nwork\n");
  await vms("doctor");
  await vms("destroy", "copy");
  assertEquals(await kept(), before);
});

Deno.test("an AppVM boots, with what was written", async () => {
  await vms("start", "--wait", "work");
  assertEquals(await inside("work", "cat letter; hostname"), "mine\nwork\n");
});

Deno.test("disposables are made as before", async () => {
  assertEquals(await vms("dispose", "minimal", "--", "uname"), "Linux\n");
  await vms("pool", "set", "minimal", "0");
  await vms("destroy", "--force", "work", "scratch");
  assertEquals(await domains(), templates);
  assertEquals(await volumes(), images);
});
