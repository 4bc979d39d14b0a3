/** tests/lab/demo with commands that are told what to answer. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/posix/join";

const DEMO = new URL("lab/demo", import.meta.url).pathname;

const COMMANDS = [
  ...["vms-clone", "vms-destroy", "vms-dispose", "vms-doctor", "vms-iso"],
  ...["vms-keep", "vms-list", "vms-rebuild", "vms-spice", "vms-start"],
  ...["vms-stop", "vms-template", "vms-usb"],
];

interface Demo {
  child: Deno.ChildProcess;
  /** Commands that were called, in their order. */
  calls(): Promise<string[]>;
  /** Shell lines that the command runs from now on, beside writing its line down. */
  answer(command: string, lines: string): Promise<void>;
}

async function demo(
  lines: Record<string, string>,
  work: (demo: Demo) => Promise<void>,
) {
  const at = await Deno.makeTempDir();
  const log = join(at, "calls");
  const answer = (command: string, lines: string) =>
    Deno.writeTextFile(
      join(at, command),
      `#!/bin/sh\necho "${command} $*" >>'${log}'\n${lines}\n`,
      { mode: 0o755 },
    );
  try {
    await Deno.writeTextFile(log, "");
    for (const command of COMMANDS) {
      await answer(command, lines[command] ?? "");
    }
    const child = new Deno.Command(DEMO, {
      env: { PATH: `${at}:${Deno.env.get("PATH")}` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const calls = async () =>
      (await Deno.readTextFile(log)).split("\n").filter(Boolean)
        .map((line) => line.trimEnd());
    await work({ child, calls, answer });
  } finally {
    await Deno.remove(at, { recursive: true });
  }
}

Deno.test("./dev demo touches nothing on a host that has VMs", () =>
  demo(
    { "vms-list": "echo bank; echo letters" },
    async ({ child, calls }) => {
      const { code, stdout, stderr } = await child.output();
      assertEquals([code, stdout.length], [4, 0]);
      const said = new TextDecoder().decode(stderr);
      assertStringIncludes(said, "this host has VMs");
      assertStringIncludes(said, ": bank, letters\n");
      assertEquals(await calls(), ["vms-list"]);
    },
  ));

Deno.test("./dev demo goes no further where VMs cannot be listed", () =>
  demo({ "vms-list": "exit 6" }, async ({ child, calls }) => {
    assertEquals((await child.output()).code, 6);
    assertEquals(await calls(), ["vms-list"]);
  }));

Deno.test("./dev demo destroys what it made alone, where it is interrupted", () =>
  demo(
    { "vms-template": 'while [ ! -e "$0.go" ]; do sleep 0.05; done' },
    async ({ child, calls, answer }) => {
      const output = child.output();
      while (!(await calls()).at(-1)?.startsWith("vms-template")) {
        await new Promise((done) => setTimeout(done, 20));
      }
      // What the person has made meanwhile stays.
      await answer("vms-list", "echo letters; echo work-client1; echo bank-2");
      child.kill("SIGTERM");
      await answer("vms-template.go", "");
      assertEquals((await output).code, 143);
      assertEquals((await calls()).slice(-3), [
        "vms-template build minimal",
        "vms-list",
        "vms-destroy --force work-client1",
      ]);
    },
  ));
