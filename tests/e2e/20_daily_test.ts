/** A day with AppVMs, on the templates that 10_template_test.ts published. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { unpackTree } from "../../lib/usb/recorded_tree.ts";
import { type Font, learnFont, readText } from "./picture.ts";
import {
  openViewer,
  screenshot,
  showsScreenOf,
  withDisplay,
} from "./screen.ts";
import { Terminal } from "./terminal.ts";
import {
  domains,
  eventually,
  fails,
  inGuest,
  leftThere,
  run,
  virsh,
  vms,
  volumes,
} from "./vms.ts";

/** Set where it first runs. */
let two: Record<string, string> = {};

async function identity(vm: string): Promise<Record<string, string>> {
  const [id, host, key] = await Promise.all([
    inGuest(vm, "cat", "/etc/machine-id"),
    inGuest(vm, "hostname"),
    hostKey(vm),
  ]);
  const uuid = (await virsh("domuuid", vm)).replaceAll("-", "");
  const mac = /52:54:00:[0-9a-f:]{8}/.exec(await virsh("dumpxml", vm))![0];
  return { id, host, key, uuid, mac };
}

/** The key that sshd shows who connects; its own units make it. */
async function hostKey(vm: string): Promise<string> {
  await inGuest(vm, "systemctl", "start", "sshd");
  const line = await inGuest(vm, "cat", "/etc/ssh/ssh_host_ed25519_key.pub");
  assertMatch(line, /^ssh-ed25519 \S+/);
  return line.split(" ")[1]!;
}

/** Bytes on the host's disk that belong to a VM. */
async function bytesOf(vm: string): Promise<number> {
  let bytes = 0;
  for await (const { name } of Deno.readDir("/var/lib/libvirt/images")) {
    if (!name.startsWith(`${vm}.`)) continue;
    const { blocks } = await Deno.stat(`/var/lib/libvirt/images/${name}`);
    bytes += blocks! * 512;
  }
  return bytes;
}

Deno.test("vms-clone makes several VMs, and each costs under 1 MiB", async () => {
  assertEquals(await vms("clone", "minimal@1", "one", "two"), "one\ntwo\n");
  assertEquals(await vms("list"), "one\ntwo\n");
  for (const name of ["one", "two"]) {
    assertEquals(await bytesOf(name) < 2 ** 20, true, `${await bytesOf(name)}`);
  }
});

Deno.test("vms-console wants a VM that runs", async () => {
  await fails(4, "it is off", "console", "one");
});

Deno.test("what needs a terminal starts no VM without one", async () => {
  await fails(6, "standard input is no terminal", "console", "--start", "one");
  const env = { DISPLAY: "", WAYLAND_DISPLAY: "" };
  const ran = await run(["vms-dispose", "minimal"], { env });
  assertEquals([ran.code, ran.stdout], [6, ""], ran.stderr);
  assertMatch(ran.stderr, /a disposable: standard input is no terminal/);
  assertEquals(await vms("list", "--state=active"), "");
});

Deno.test("vms-start --wait boots them, each with an identity of its own", async () => {
  assertEquals(await vms("start", "--wait", "one", "two"), "one\ntwo\n");
  assertEquals(await vms("start", "one"), "one\n");
  const keys = await inGuest("one", "find", "/etc/ssh", "-name", "*_host_*");
  assertEquals(keys, "", "no template has any");
  const one = await identity("one");
  two = await identity("two");
  assertEquals([one.host, two.host], ["one", "two"]);
  assertEquals([one.id, two.id], [one.uuid, two.uuid]);
  for (const key of ["id", "key", "mac"]) assertNotEquals(one[key], two[key]);
  for (const vm of ["one", "two"]) {
    assertEquals(
      await inGuest(vm, "systemctl", "is-system-running", "--wait"),
      "running",
    );
  }
});

Deno.test("an AppVM has its home on a disk of its own", async () => {
  const mounted = await inGuest(
    "one",
    "findmnt",
    "-no",
    "SOURCE,FSTYPE",
    "/home",
  );
  assertMatch(mounted, /^\/dev\/vdb\s+ext4$/);
  await inGuest(
    "one",
    "runuser",
    "-u",
    "user",
    "--",
    "sh",
    "-c",
    "echo mine > ~/letter",
  );
  await inGuest("one", "sync");
});

Deno.test("/boot is mounted when something looks into it", async () => {
  const type = () => inGuest("one", "findmnt", "-no", "FSTYPE", "/boot");
  // Somebody may have looked a moment ago.
  await inGuest("one", "systemctl", "stop", "boot.mount");
  await inGuest("one", "systemctl", "start", "boot.automount");
  assertEquals(await type(), "autofs");
  await inGuest("one", "test", "-s", "/boot/vmlinuz-linux");
  assertEquals((await type()).split("\n"), ["autofs", "vfat"]);
});

Deno.test("vms-console is a terminal at the guest's serial line, and gives it back", async () => {
  await fails(6, "standard input is no terminal", "console", "one");
  const terminal = new Terminal(
    "stty -g; vms-console one; echo left $?; stty -g",
  );
  await terminal.sees(/Escape character/);
  await terminal.type("\r");
  await terminal.sees(/user@one|\$ /);
  await terminal.type("echo $((40+2)) $(whoami)\r");
  await terminal.sees(/42 user/);
  // What does more than draw is left out: a title.
  await terminal.type("printf 'a\\033]0;evil\\007b'; echo $((50+5))\r");
  await terminal.sees(/ab55/);
  await terminal.type("\x1d");
  await terminal.ended();
  assertMatch(terminal.seen, /left 0/);
  const settings = terminal.seen.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm)!;
  assertEquals(settings[0], settings.at(-1));
});

/** All that a console can show and that is not blank. */
const ALPHABET = Array.from(
  { length: 94 },
  (_, i) => String.fromCharCode(33 + i),
).join("");

/** Type it on the VM's keyboard, one key after the other. */
async function typeKeys(vm: string, text: string) {
  const names: Record<string, string> = { " ": "SPACE", "\n": "ENTER" };
  const keys = [...text].map((key) => names[key] ?? key.toUpperCase());
  await virsh(keys.map((key) => `send-key ${vm} KEY_${key}`).join("; "));
}

Deno.test("minimal's screen is a text console, and a viewer shows the same", async () => {
  const before = await screenshot("one");
  const size = await inGuest("one", "stty", "-F", "/dev/tty1", "size");
  const [rows = 0, columns = 0] = size.split(" ").map(Number);
  const grid = { rows, columns };
  const script = 'printf "\\033[2J\\033[H%s\\r\\n" "$1" > /dev/tty1';
  await inGuest("one", "sh", "-c", script, "sh", ALPHABET);
  let font: Font = new Map();
  await eventually(async () => {
    const known = ALPHABET + " ";
    font = learnFont(await screenshot("one"), grid, known);
    assertEquals(font.size, known.length);
  });
  const text = readText(before, grid, font);
  assertMatch(text, /one login: user \(automatic login\)/);
  // The cursor is no letter.
  assertMatch(text, /[$#]( \?)?$/m);
  await typeKeys("one", "factor 42\n");
  await eventually(async () => {
    assertMatch(
      readText(await screenshot("one"), grid, font),
      /factor 42\n42: 2 3 7\n/,
    );
  });
  await withDisplay(async (display) => {
    const viewer = openViewer(display, "one");
    await showsScreenOf(display, "one");
    await viewer.close();
  });
});

Deno.test("vms-usb tells what libvirt has against a device", async () => {
  const sysfs = await unpackTree();
  const at = `--sysfs=${sysfs}`;
  // On a bus that no host has: none loses a device by this.
  await Deno.writeTextFile(`${sysfs}/bus/usb/devices/2-1.3/busnum`, "250\n");
  const ran = await run(["vms-usb", "attach", at, "2-1.3", "one"]);
  assertEquals([ran.code, ran.stdout], [1, ""], ran.stderr);
  assertMatch(
    ran.stderr,
    /^vms-usb: cannot attach "2-1\.3": Failed to attach device from \S+\nvms-usb: .*usb.*\n$/i,
  );
  assertEquals((await virsh("dumpxml", "one")).includes("<hostdev"), false);
  await fails(4, "no VM has it", "usb", "detach", at, "2-1.3");
  await Deno.remove(sysfs, { recursive: true });
});

Deno.test("vms-clone copies an AppVM while it runs, with another identity", async () => {
  await vms("clone", "one", "three");
  assertEquals(await vms("start", "--wait", "three"), "three\n");
  const [one, three] = [await identity("one"), await identity("three")];
  assertEquals(three!.host, "three");
  for (const key of ["id", "key", "mac"]) {
    assertNotEquals(one![key], three![key]);
  }
  assertEquals(await inGuest("three", "cat", "/home/user/letter"), "mine");
  await inGuest("three", "sh", "-c", "echo theirs > /home/user/letter; sync");
  assertEquals(await inGuest("one", "cat", "/home/user/letter"), "mine");
});

Deno.test("vms-clone that is refused puts no layer on a VM that runs", async () => {
  const disks = () => virsh("domblklist", "one");
  const before = [await domains(), await volumes(), await disks()];
  const small = "and a clone's disk is not smaller";
  await fails(2, small, "clone", "--disk=1M", "one", "x");
  await fails(2, small, "clone", "--home-size=1M", "one", "x");
  const gone = 'cannot find the network "gone"';
  await fails(3, gone, "clone", "--network=gone", "one", "x");
  assertEquals([await domains(), await volumes(), await disks()], before);
});

Deno.test("vms-destroy refuses what others rest on, and what runs", async () => {
  await fails(4, 'cannot destroy "one": it is running', "destroy", "one");
  await fails(
    4,
    'cannot destroy "one": three rest on its disks',
    "destroy",
    "--force",
    "one",
  );
});

Deno.test("vms-stop --dry-run shows the shutdown of a VM that runs, and waits for nothing", async () => {
  const ran = await run(["vms-stop", "--dry-run", "--force", "two"]);
  assertEquals([ran.code, ran.stdout], [0, "two\n"], ran.stderr);
  assertMatch(ran.stderr, /^\+ virsh .* shutdown --domain two /m);
  assertEquals(/ destroy /.test(ran.stderr), false, ran.stderr);
  assertEquals(await virsh("domstate", "two"), "running");
});

/** States and disks of all VMs, and what "idle" says of itself. */
async function everything(): Promise<unknown[]> {
  const list = await virsh("list", "--all");
  const xml = await virsh("dumpxml", "--inactive", "idle");
  return [list, await volumes(), xml, leftThere()];
}

Deno.test("--dry-run shows what would be done, and does nothing of it", async () => {
  await vms("clone", "minimal", "idle");
  await vms("snapshot", "create", "idle", "s");
  await vms("pause", "three");
  const before = await everything();
  const lines = {
    "vms-start idle": "idle",
    "vms-pause two": "two",
    "vms-resume three": "three",
    "vms-destroy idle": "idle",
    "vms-rebuild idle": "idle",
    "vms-snapshot create idle t": "t",
    "vms-snapshot revert idle s": "s",
    "vms-snapshot delete idle s": "s",
    "vms-template flatten gui": "gui@2",
  };
  for (const [line, name] of Object.entries(lines)) {
    const [program, ...words] = line.split(" ");
    const ran = await run([program!, "--dry-run", ...words]);
    assertEquals([ran.code, ran.stdout], [0, `${name}\n`], ran.stderr);
    assertMatch(ran.stderr, /^\+ virsh -c qemu:\/\/\/system /m, line);
    assertEquals(await everything(), before, line);
  }
  // There is none to delete.
  assertEquals(await vms("template", "prune", "--dry-run"), "");
  assertEquals(await everything(), before);
  await vms("resume", "three");
});

Deno.test("--json is an object on each line, of every command that lists", async () => {
  const sysfs = await unpackTree();
  const lines = {
    "vms-list": /^idle one three two$/,
    "vms-template list": /^gui@1 minimal@1$/,
    "vms-snapshot list idle": /^s$/,
    "vms-stats two": /^two$/,
    [`vms-usb list --sysfs=${sysfs}`]: /\S/,
    "vms-cache status": undefined,
    "vms-iso list": undefined,
    "vms-share list": undefined,
    "vms-firewall two list": undefined,
    "vms-warm list": undefined,
    "vms-pool status": undefined,
    "vms-clip log": undefined,
  };
  for (const [line, names] of Object.entries(lines)) {
    const ran = await run([...line.split(" "), "--json"]);
    assertEquals(ran.code, 0, `${line}: ${ran.stderr}`);
    const rows = ran.stdout.split("\n").filter(Boolean)
      .map((row) => JSON.parse(row));
    for (const row of rows) assertEquals(typeof row, "object", line);
    if (!names) continue;
    assertMatch(rows.map(({ name }) => name).join(" "), names, line);
  }
  await Deno.remove(sysfs, { recursive: true });
  await vms("destroy", "idle");
});

Deno.test("vms-pause and vms-resume", async () => {
  await vms("pause", "two");
  assertEquals(await vms("list", "--state=paused"), "two\n");
  await fails(4, "it is paused", "start", "two");
  await vms("resume", "two");
  assertEquals(await virsh("domstate", "two"), "running");
});

Deno.test("vms-snapshot of a running VM with its memory brings it back running", async () => {
  await inGuest(
    "two",
    "sh",
    "-c",
    "echo before > /dev/shm/state; echo before > /home/user/file; sync",
  );
  await vms("snapshot", "create", "--memory", "two", "live");
  await inGuest(
    "two",
    "sh",
    "-c",
    "echo after > /dev/shm/state; echo after > /home/user/file; sync",
  );
  await fails(4, "it is running", "snapshot", "revert", "two", "live");
  await vms("snapshot", "revert", "--force", "two", "live");
  assertEquals(await inGuest("two", "cat", "/dev/shm/state"), "before");
  assertEquals(await inGuest("two", "cat", "/home/user/file"), "before");
  assertEquals(await vms("snapshot", "list", "two"), "live\n");
  await vms("snapshot", "delete", "two", "live");
  assertEquals(await vms("snapshot", "list", "two"), "");
  await inGuest("two", "sh", "-c", "cat /home/user/file; sync");
});

Deno.test("vms-list pipes into vms-stop", async () => {
  const running = await vms("list", "--state=running");
  assertEquals(running, "one\nthree\ntwo\n");
  const ran = await run(["vms-stop", "-"], { stdin: running });
  assertEquals([ran.code, ran.stdout], [0, running], ran.stderr);
  assertEquals(await vms("list", "--state=active"), "");
});

Deno.test("vms-snapshot of a VM that is off, and back", async () => {
  const before = await volumes();
  await vms("snapshot", "create", "two", "s1");
  await fails(4, "has one of that name", "snapshot", "create", "two", "s1");
  await fails(
    4,
    "it is not running",
    "snapshot",
    "create",
    "--memory",
    "two",
    "s2",
  );
  await vms("snapshot", "create", "two", "s2");
  await vms("snapshot", "revert", "two", "s1");
  await vms("snapshot", "delete", "two", "s2");
  await vms("snapshot", "delete", "two", "s1");
  assertEquals((await volumes()).length, before.length);
  await fails(
    3,
    'cannot find the snapshot "s1"',
    "snapshot",
    "revert",
    "two",
    "s1",
  );
});

Deno.test("chains stay short, however often a VM is cloned", async () => {
  const disk = () => virsh("domblklist", "--details", "two");
  for (let i = 0; i < 18; i++) {
    await vms("clone", "two", "copy");
    await vms("destroy", "copy");
  }
  for (const [, path] of (await disk()).matchAll(/vd[ab] +(\S+)/g)) {
    const words = ["info", "--backing-chain", "--output=json", path!];
    const { stdout } = await run(["qemu-img", ...words]);
    assertEquals(JSON.parse(stdout).length <= 16, true, stdout);
  }
  const own = (await volumes()).filter((name) => name.startsWith("two."));
  assertEquals(own.length < 20, true, own.join(" "));
  assertEquals(await virsh("domstate", "two"), "shut off");
});

Deno.test("vms-clone copies an AppVM that is off, with another identity", async () => {
  await vms("clone", "--vcpus=2", "two", "four");
  await vms("start", "--wait", "four");
  const four = await identity("four");
  assertEquals(four.host, "four");
  for (const key of ["id", "key", "mac"]) {
    assertNotEquals(two[key], four[key]);
  }
  assertEquals(await inGuest("four", "cat", "/home/user/file"), "before");
  assertEquals(await inGuest("four", "nproc"), "2");
  assertEquals(await virsh("domstate", "two"), "shut off");
  // Without --cache pacman has its own, as ever.
  assertEquals(/virtiofs/.test(await virsh("dumpxml", "four")), false);
  assertMatch(
    await inGuest("four", "pacman-conf", "CacheDir"),
    /\/var\/cache\/pacman\/pkg/,
  );
});

Deno.test("vms-stop tells of a guest that does not shut down, and --force ends it", async () => {
  const targets = ["poweroff.target", "halt.target"];
  await inGuest("four", "systemctl", "mask", "--runtime", ...targets);
  const said = 'cannot stop "four": still running after 8 s';
  await fails(5, said, "stop", "--timeout=8s", "four");
  assertEquals(await virsh("domstate", "four"), "running");
  assertEquals(await vms("stop", "--force", "--timeout=2s", "four"), "four\n");
  assertEquals(await virsh("domstate", "four"), "shut off");
});

/** MiB of a file system of a guest. */
async function mebibytes(vm: string, path: string): Promise<number> {
  const ask = `df -BM --output=size ${path} | tail -1 | tr -dc 0-9`;
  return Number(await inGuest(vm, "sh", "-c", ask));
}

Deno.test("vms-clone gives bigger disks, and vms-start --cache the host's cache for that time", async () => {
  const sizes = ["--disk=24G", "--home-size=3G", "--memory=768M"];
  await vms("clone", ...sizes, "minimal", "update");
  await vms("start", "--wait", "--cache", "update");
  await inGuest("update", "systemctl", "is-system-running", "--wait");
  for (const [path, least] of [["/", 22_000], ["/home", 2700]] as const) {
    const size = await mebibytes("update", path);
    assertEquals(size > least, true, `${path}: ${size} MiB`);
  }
  await inGuest("update", "nm-online", "--quiet", "--timeout=120");
  await inGuest("update", "pacman", "-Sy", "--noconfirm", "lab-hello");
  const own = "/var/lib/libvirt/filesystems/pkg/update";
  const names = [...Deno.readDirSync(own)].map(({ name }) => name).sort();
  assertMatch(names.join(" "), /^lab-hello-\S+\.zst lab-hello-\S+\.zst\.sig$/);
  assertMatch(await virsh("dumpxml", "update"), /virtiofs/);
  await vms("stop", "--force", "--timeout=0", "update");
  assertMatch(await vms("cache", "publish", "update"), /lab-hello/);
  assertEquals([...Deno.readDirSync(own)].length, 0);
  // For that time alone.
  const kept = await virsh("dumpxml", "--inactive", "update");
  assertEquals(/virtiofs/.test(kept), false);
  await vms("destroy", "update");
});

Deno.test("vms-destroy takes all of a VM away", async () => {
  await vms("destroy", "three", "one", "two", "four");
  assertEquals(await domains(), ["gui@1", "minimal@1"]);
  assertEquals(await volumes(), ["gui@1.qcow2", "minimal@1.qcow2"]);
});
