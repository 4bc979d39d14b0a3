/** All of it as an ordinary user of the libvirt group. */

import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { Terminal } from "./terminal.ts";
import {
  alice,
  asAlice,
  disposablesGone,
  eventually,
  run,
  virsh,
  vms,
  volumes,
} from "./vms.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;

/** Volumes that were there before any of this; set by the first test. */
let images: string[] = [];

async function works(expected: string | RegExp, ...argv: string[]) {
  const ran = await alice(...argv);
  assertEquals(ran.code, 0, `${argv.join(" ")}: ${ran.stderr}`);
  if (typeof expected === "string") assertEquals(ran.stdout, expected);
  else assertMatch(ran.stdout, expected);
}

/** Where a VM's root layer lies. */
async function rootOf(vm: string): Promise<string> {
  return /vda +(\S+)/.exec(await virsh("domblklist", vm))![1]!;
}

Deno.test("an ordinary user has the ISO, and can prove it", async () => {
  images = await volumes();
  const iso = /^\/var\/lib\/libvirt\/iso\/archlinux-\S+\.iso\n$/;
  await works(iso, "vms-iso", "path");
  await works(iso, "vms-iso", "verify");
});

Deno.test("an ordinary user clones, starts, pauses, looks and snapshots", async () => {
  await works("hers\n", "vms-clone", "minimal", "hers");
  await works("hers\n", "vms-start", "--wait", "hers");
  await works("hers-2\n", "vms-clone", "hers", "hers-2");
  await works("hers\n", "vms-pause", "hers");
  await works("hers\n", "vms-list", "--state=paused");
  await works("hers\n", "vms-resume", "hers");
  await works("qemu:///system#hers\n", "vms-spice", "--print-uri", "hers");
  await works(/^NAME +STATE .*\nhers +running .*\n$/, "vms-stats", "hers");
  await works("s\n", "vms-snapshot", "create", "hers", "s");
  await works("s\n", "vms-snapshot", "delete", "hers", "s");
});

Deno.test("an ordinary user has the console of a VM", async () => {
  const terminal = new Terminal("vms-console hers", asAlice());
  await terminal.sees(/Escape character/);
  await terminal.type("\r");
  await terminal.sees(/user@hers|\$ /);
  await terminal.type("echo $((40+2)) $(hostname)\r");
  await terminal.sees(/42 hers/);
  await terminal.type("\x1d");
  assertEquals(await terminal.ended(), 0, terminal.seen);
  await works("hers\n", "vms-stop", "hers");
});

Deno.test("an ordinary user rebuilds and destroys", async () => {
  const before = await rootOf("hers");
  await works("hers\n", "vms-rebuild", "hers");
  assertNotEquals(await rootOf("hers"), before);
  await works("hers-2\nhers\n", "vms-destroy", "hers-2", "hers");
  assertEquals(await volumes(), images);
});

Deno.test("an ordinary user uses a disposable, and keeps it", async () => {
  const made = await alice("vms-dispose", "--detach", "minimal");
  assertEquals(made.code, 0, made.stderr);
  const name = made.stdout.trim();
  assertMatch(name, /^disp-\d{4}$/);
  await works("user\n", "vms-exec", name, "--", "id", "-un");
  await works("kept\n", "vms-keep", "--no-start", name, "kept");
  await disposablesGone();
  await works("kept\n", "vms-list", "--state=off");
  await works("kept\n", "vms-destroy", "kept");
  await eventually(async () => assertEquals(await volumes(), images));
});

Deno.test("an ordinary user has a named disposable", async () => {
  await works("once\n", "vms-clone", "--disposable", "minimal", "once");
  const off = await volumes();
  await works("once\n", "vms-start", "once");
  assertNotEquals(await volumes(), off);
  await works("once\n", "vms-list", "--kind=disposable");
  await works("once\n", "vms-stop", "--force", "--timeout=0", "once");
  assertEquals(await volumes(), off);
  await works("once\n", "vms-destroy", "once");
  assertEquals(await volumes(), images);
});

Deno.test("two users' commands exclude each other", async () => {
  await vms("clone", "minimal", "shared");
  await vms("destroy", "shared");
  const hold = "umask 007; exec flock /run/vms/lock/vm-shared sleep 30";
  const holder = new Deno.Command("sh", { args: ["-c", hold] }).spawn();
  try {
    await new Promise((done) => setTimeout(done, 300));
    const ran = await alice("vms-clone", "minimal", "shared");
    assertEquals(ran.code, 4, ran.stderr);
    assertMatch(
      ran.stderr,
      /cannot change "shared": another command is changing it/,
    );
  } finally {
    holder.kill();
    await holder.status;
  }
});

Deno.test("somebody outside the libvirt group is told so", async () => {
  const cases = [
    {
      words: ["vms-list"],
      says:
        "cannot reach libvirt at qemu:///system: permission denied: you are not in the libvirt group",
    },
    {
      words: ["vms-start", "hers"],
      says:
        "cannot take locks: /run/vms is for members of the libvirt group, and closed to you",
    },
  ];
  for (const { words: [name, ...args], says } of cases) {
    const { code, stderr } = await run([
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "env",
      "--unset=XDG_RUNTIME_DIR",
      "HOME=/tmp",
      `${SOURCE}/bin/${name}`,
      ...args,
    ]);
    assertEquals(code, 6, stderr);
    assertStringIncludes(stderr, says);
  }
});
