/** The compiled toolkit: one executable, a hard link per command. */

import { assertEquals, assertMatch } from "@std/assert";
import { disposablesGone, run } from "./vms.ts";

const DIST = `${Deno.env.get("LAB_SOURCE")}/dist/test`;

/** Run a command through its hard link, from a folder of its own. */
async function compiled(name: string, ...args: string[]) {
  const path = await Deno.makeTempDir();
  try {
    return await run([
      "env",
      "-C",
      path,
      "-u",
      "DENO_DIR",
      // What it starts by itself is compiled as well.
      `PATH=${DIST}:${Deno.env.get("PATH")}`,
      `${DIST}/${name}`,
      ...args,
    ]);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const names = [...Deno.readDirSync(`${Deno.env.get("LAB_SOURCE")}/bin`)]
  .map(({ name }) => name).filter((name) => /^vms-[a-z]+$/.test(name)).sort();

Deno.test("every command is one hard link of one executable", async () => {
  assertEquals(names.length > 15, true);
  const inodes = new Set<number>();
  for (const name of names) {
    inodes.add((await Deno.stat(`${DIST}/${name}`)).ino!);
  }
  assertEquals(inodes.size, 1);
});

for (const name of names) {
  Deno.test(`${name} --help says the same compiled`, async () => {
    const [one, other] = [
      await compiled(name, "--help"),
      await run([name, "--help"]),
    ];
    assertEquals([one.code, one.stderr], [0, ""]);
    assertEquals(one.stdout, other.stdout);
  });
}

Deno.test("the compiled toolkit works on VMs", async () => {
  const steps: [name: string, args: string[], stdout: RegExp][] = [
    ["vms-clone", ["minimal", "ship"], /^ship\n$/],
    ["vms-list", [], /^ship\n$/],
    ["vms-start", ["ship"], /^ship\n$/],
    ["vms-pause", ["ship"], /^ship\n$/],
    ["vms-resume", ["ship"], /^ship\n$/],
    ["vms-spice", ["--print-uri", "ship"], /^qemu:\/\/\/system#ship\n$/],
    ["vms-snapshot", ["create", "ship", "s"], /^s\n$/],
    ["vms-snapshot", ["list", "ship"], /^s\n$/],
    ["vms-stop", ["--force", "--timeout=0", "ship"], /^ship\n$/],
    ["vms-rebuild", ["ship"], /^ship\n$/],
    ["vms-destroy", ["ship"], /^ship\n$/],
    ["vms-template", ["list"], /^minimal@\d+$/m],
    ["vms-iso", ["path"], /archlinux-.*\.iso\n$/],
    ["vms-cache", ["status"], /shared/],
    ["vms-dispose", ["minimal", "--", "uname"], /^Linux\n$/],
  ];
  for (const [name, args, stdout] of steps) {
    const ran = await compiled(name, ...args);
    assertEquals(ran.code, 0, `${name} ${args.join(" ")}: ${ran.stderr}`);
    assertMatch(ran.stdout, stdout, name);
  }
  await disposablesGone();
});
