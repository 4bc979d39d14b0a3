/** What goes wrong with warm images and forks, and what becomes of forks. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  disposablesGone,
  domains,
  eventually,
  fails,
  run,
  virsh,
  vms,
  volumes,
} from "../e2e/vms.ts";

const IMAGES = "/var/lib/libvirt/images";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** Set by the first test. */
let kept: string[] = [];
let stem = "";

async function nothingLeft() {
  assertEquals(await domains(), ["minimal@1"]);
  assertEquals(await volumes(), kept);
  assertEquals(await agentSockets(), 0);
}

/** Sockets of agents, of whatever VM. */
async function agentSockets(): Promise<number> {
  const found = await run(["find", "/run/vms", "-type", "s"]);
  return found.stdout.split("\n").filter(Boolean).length;
}

/** Begin a command and kill it with -9 after so many milliseconds. */
async function killed(argv: string[], after: number) {
  const child = new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), after);
  await child.status;
  clearTimeout(timer);
}

/** Its disk is where only so many MiB are free. */
async function onSmallDisk(free: number, work: () => Promise<void>) {
  const small = await Deno.makeTempDir();
  const files = kept.map((name) => `${IMAGES}/${name}`);
  const must = async (...argv: string[]) => {
    const ran = await run(argv);
    assertEquals(ran.code, 0, ran.stderr);
    return ran.stdout;
  };
  await must("mount", "-t", "tmpfs", "-o", "size=6G,mode=711", "small", small);
  try {
    await must("cp", "--archive", "--sparse=always", ...files, small);
    await must("mount", "--bind", small, IMAGES);
    const words = ["--output=avail", "-BM", IMAGES];
    const [, there] = (await must("df", ...words)).trim().split("\n");
    const [full, rest] = [`${IMAGES}/full`, `${IMAGES}/rest`];
    await must("fallocate", "-l", `${parseInt(there!) - free - 1}M`, full);
    // It ends where there is no more room: at the last page.
    if (free === 0) await run(["dd", "if=/dev/zero", `of=${rest}`, "bs=4k"]);
    await work();
    await run(["rm", "-f", full, rest]);
    assertEquals(await volumes(), kept);
  } finally {
    await run(["umount", IMAGES]);
    await run(["umount", small]);
    await Deno.remove(small);
    await virsh("pool-refresh", "default");
  }
}

Deno.test("the tests of faults have a warm image", async () => {
  // Most of a minute, where the tests before have left one.
  if (await vms("warm", "list") === "") await vms("warm", "bake", "minimal");
  kept = await volumes();
  stem = kept.find((name) => name.endsWith(".mem"))!.replace(/\.mem$/, "");
  await nothingLeft();
});

Deno.test("forks go on when their warm image is deleted", async () => {
  const name = (await vms("dispose", "--detach", "minimal")).trim();
  const files = ["mem", "qcow2", "state"].map((end) =>
    `${IMAGES}/${stem}.${end}`
  );
  for (const file of files) await Deno.rename(file, `${file}.away`);
  const work = "head -c 50M /dev/zero | md5sum; python3 --version; hostname";
  const said = await vms("exec", name, "--", "sh", "-c", work);
  assertMatch(said, new RegExp(`${name}\n$`));
  await virsh("pool-refresh", "default");
  const { state } = JSON.parse(await vms("warm", "list", "--json"));
  assertEquals(state, "a file of it is gone");
  for (const file of files) await Deno.rename(`${file}.away`, file);
  await vms("stop", "--force", "--timeout=0", name);
  await eventually(nothingLeft);
});

Deno.test("a fork has the host's time, however old its image is", async () => {
  const { mtime } = await Deno.stat(`${IMAGES}/${stem}.state`);
  const [now, boot] = (await vms(
    "dispose",
    "minimal",
    "--",
    "sh",
    "-c",
    'date +%s; date -d "$(uptime --since)" +%s',
  )).trim().split("\n").map(Number);
  assert(Math.abs(now! - Date.now() / 1000) < 10, "clock");
  // It has been up for as long as the frozen guest was, not since then.
  assert(boot! > mtime!.getTime() / 1000 - 300, "uptime");
  await eventually(nothingLeft);
});

Deno.test("a full disk ends a bake and a fork, and nothing is left of them", async () => {
  await onSmallDisk(100, async () => {
    const why = /cannot freeze minimal@1: /;
    const ran = await run(["vms-warm", "bake", "minimal"]);
    assertEquals(ran.code, 1, ran.stderr);
    assertMatch(ran.stderr, why);
    const listed = JSON.parse(await vms("warm", "list", "--json"));
    assertEquals(listed.state, "ready", "the one before is kept");
  });
  await onSmallDisk(0, async () => {
    const ran = await run(["vms-dispose", "minimal", "--", "true"]);
    assertEquals(ran.code, 1, ran.stderr);
    assertMatch(ran.stderr, /No space left/);
  });
  await eventually(nothingLeft);
});

Deno.test("vms-warm bake killed with -9 leaves what vms-doctor sweeps", async () => {
  for (const after of [700, 4000, 25_000]) {
    await killed(["vms-warm", "bake", "minimal"], after);
    await run(["vms-doctor", "--repair"]);
    await nothingLeft();
  }
});

Deno.test("vms-dispose killed with -9 leaves a VM that can be used, or nothing", async () => {
  for (const after of [150, 400, 700, 1000, 1400]) {
    await killed(["vms-dispose", "--detach", "minimal"], after);
  }
  await run(["vms-doctor", "--repair"]);
  const names = (await vms("list")).split("\n").filter(Boolean);
  assertEquals((await domains()).length, names.length + 1);
  for (const name of names) {
    assertEquals(await vms("exec", name, "--", "hostname"), `${name}\n`);
  }
  if (names.length > 0) await vms("stop", "--force", "--timeout=0", ...names);
  await vms("doctor", "--repair");
  await eventually(nothingLeft);
});

Deno.test("vms-clone --start killed with -9 leaves an AppVM, or nothing", async () => {
  for (const after of [250, 600, 1000, 2000, 4000]) {
    await killed(["vms-clone", "--start", "minimal", "cut"], after);
    await run(["vms-doctor", "--repair", "cut"]);
    const list = await vms("list");
    if (list !== "") {
      assertEquals(list, "cut\n");
      await vms("destroy", "--force", "cut");
    }
    await nothingLeft();
  }
});

Deno.test("spares of a version end when a newer one is published", async () => {
  await vms("pool", "set", "minimal", "2");
  const old = await vms("list", "--kind=spare");
  // What publishing is: an image, and a domain that is never started.
  const xml = await virsh("dumpxml", "minimal@1");
  const layer = ["--format", "qcow2", "--backing-vol-format", "qcow2"];
  const base = `${IMAGES}/minimal@1.qcow2`;
  const create = ["vol-create-as", "default", "minimal@2.qcow2", "20G"];
  await virsh(...create, ...layer, "--backing-vol", base);
  const next = xml.replaceAll("minimal@1.qcow2", "minimal@2.qcow2")
    .replace("<name>minimal@1<", "<name>minimal@2<")
    .replace(/<uuid>.*<\/uuid>/, "")
    .replace(/<vms:warm .*>/, "");
  const defined = await run(["virsh", "define", "/dev/stdin"], { stdin: next });
  assertEquals(defined.code, 0, defined.stderr);
  // Nobody is given yesterday's system.
  const cold = ["dispose", "--dry-run", "--trace", "minimal", "--", "true"];
  const ran = await run([`vms-${cold[0]}`, ...cold.slice(1)]);
  assertMatch(ran.stderr, /minimal@2 is booted and not forked/);
  await vms("warm", "bake", "minimal");
  const now = (await vms("list", "--kind=spare")).trim().split("\n");
  assertEquals([now.length, now.some((one) => old.includes(one))], [2, false]);
  const json = await vms("list", "--json", "--kind=spare");
  assertMatch(json, /"template":"minimal@2"/);
  assertEquals(json.includes("minimal@1"), false);
  await vms("pool", "set", "minimal", "0");
  await disposablesGone();
  await vms("warm", "drop", "minimal@2");
  await virsh("undefine", "minimal@2");
  await virsh("vol-delete", "--pool", "default", "minimal@2.qcow2");
  await eventually(nothingLeft);
});

Deno.test("a forked AppVM has USB hotplug and snapshots of its disks, and reboots from them", async () => {
  await vms("clone", "--start", "minimal", "later");
  const inside = (...words: string[]) => vms("exec", "later", "--", ...words);
  // One that QEMU makes up: the lab has none to give.
  const attach = ["virsh", "attach-device", "--live", "later", "/dev/stdin"];
  const stdin = "<input type='keyboard' bus='usb'/>";
  const attached = await run(attach, { stdin });
  assertEquals(attached.code, 0, attached.stderr);
  await eventually(async () => {
    const seen = await inside("sh", "-c", "cat /sys/bus/usb/devices/*/product");
    assertMatch(seen, /^QEMU USB Keyboard$/m);
  });
  await inside("sh", "-c", "echo one > note; sync");
  await vms("snapshot", "create", "later", "first");
  await inside("sh", "-c", "echo two > note; sync");
  await fails(4, "forked", "snapshot", "create", "--memory", "later", "all");
  const before = await inside("cat", BOOT_ID);
  // Its agent goes down with it: it may not get to say that it does.
  await run(["virsh", "reboot", "--mode", "agent", "later"]);
  await eventually(async () => {
    const now = await run([
      "vms-exec",
      "later",
      "--",
      "cat",
      BOOT_ID,
    ]);
    assertEquals([now.code, now.stdout === before], [0, false], now.stderr);
  }, 300);
  assertEquals(await inside("cat", "note"), "two\n");
  await vms("stop", "later");
  await vms("snapshot", "revert", "later", "first");
  await vms("start", "--wait", "later");
  assertEquals(await inside("cat", "note"), "one\n");
  await vms("destroy", "--force", "later");
  await nothingLeft();
});

Deno.test("what virsh saved of a fork goes on while its warm image is there", async () => {
  await vms("clone", "--start", "minimal", "saved");
  const boot = () => vms("exec", "saved", "--", "cat", BOOT_ID);
  const before = await boot();
  await virsh("managedsave", "saved");
  await vms("start", "saved");
  assertEquals(await boot(), before);
  await virsh("managedsave", "saved");
  const memory = `${IMAGES}/${stem}.mem`;
  await Deno.rename(memory, `${memory}.away`);
  await fails(1, "virsh managedsave-remove saved", "start", "saved");
  await Deno.rename(`${memory}.away`, memory);
  await virsh("managedsave-remove", "saved");
  await vms("start", "--wait", "saved");
  await vms("destroy", "--force", "saved");
  await nothingLeft();
});

Deno.test("a forked disposable that is kept is an AppVM with what it wrote", async () => {
  const name = (await vms("dispose", "--detach", "minimal")).trim();
  await vms("exec", name, "--", "sh", "-c", "echo mine > letter");
  await vms("keep", name, "kept");
  await vms("start", "--wait", "kept");
  const words = ["sh", "-c", "hostname; cat letter; findmnt -no SOURCE /home"];
  const said = await vms("exec", "kept", "--", ...words);
  assertMatch(said, /^kept\nmine\n.*vdb/);
  await vms("destroy", "--force", "kept");
  await eventually(nothingLeft);
});

Deno.test("many in a row and many at once leave nothing, and are all different", async () => {
  const one = async () => {
    const words = ["cat", "/etc/machine-id", "/proc/sys/kernel/random/uuid"];
    return (await vms("dispose", "minimal", "--", ...words)).trim().split("\n");
  };
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) seen.push(...await one());
  const many = await Promise.all(Array.from({ length: 6 }, one));
  seen.push(...many.flat());
  assertEquals([seen.length, new Set(seen).size], [24, 24]);
  await eventually(nothingLeft);
});
