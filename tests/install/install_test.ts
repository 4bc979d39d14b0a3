/** Installations of one VM: kept and gone on with, told what to be, and on a disk that gets full. */

import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  domains,
  inGuest,
  mirrorLog,
  run,
  virsh,
  vms,
  volumes,
  writeRecipe,
} from "../e2e/vms.ts";
import { faulty, lastLog, transcript } from "../e2e/faulty_iso.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;
const TWICE = "lab: the step is run once more";

const CACHE = "/var/lib/libvirt/filesystems/pkg";

/** Set by the first test: this toolkit, but for each step being run twice. */
let toolkit = "";
/** The same: packages that the mirror had been asked for before. */
let earlier = 0;

function install(...args: string[]) {
  return run([`${toolkit}/bin/vms-install`, ...args]);
}

/** What the steps of the last installation of a VM have logged. */
async function logged(vm: string): Promise<Map<string, string>> {
  const folder = await lastLog(vm);
  const logs = new Map<string, string>();
  for (const { name } of Deno.readDirSync(folder)) {
    if (!/^\d\d-.*\.log$/.test(name)) continue;
    logs.set(name, await Deno.readTextFile(`${folder}/${name}`));
  }
  return logs;
}

/** How many packages the mirror has been asked for. */
async function downloads(): Promise<number> {
  const asked = await mirrorLog();
  return asked.filter((line) => /\.pkg\.tar\.\w+$/.test(line)).length;
}

Deno.test("the ISO is there, an empty cache, and a toolkit that runs each step twice", async () => {
  await vms("iso", "fetch");
  await run(["rm", "-rf", `${CACHE}/web`]);
  await run(["find", `${CACHE}/shared`, "-mindepth", "1", "-delete"]);
  earlier = await downloads();
  toolkit = await Deno.makeTempDir();
  const parts = ["bin", "lib", "iso", "guest", "cache", "share"];
  const files = ["deno.json", "deno.lock"];
  const from = [...parts, ...files].map((name) => `${SOURCE}/${name}`);
  const copied = await run(["cp", "-r", ...from, toolkit]);
  assertEquals(copied.code, 0, copied.stderr);
  const path = `${toolkit}/guest/run-step`;
  const once = await Deno.readTextFile(path);
  const twice = `(source "$1"); echo "${TWICE}"; source "$1"`;
  const changed = once.replace(/source "\$1"/, twice);
  assertNotEquals(changed, once);
  await Deno.writeTextFile(path, changed);
});

Deno.test("vms-install keeps the disk of a step that failed, with --keep", async () => {
  const iso = await faulty("enospc");
  const ran = await install("--keep", `--iso=${iso}`, "web");
  await Deno.remove(iso);
  assertEquals(ran.code, 1, ran.stderr);
  assertMatch(ran.stderr, /step 30-base: it exited with \d+: /);
  assertMatch(ran.stderr, /the disk of web@build is kept/);
  // Not by volumes(), which would let libvirt see what QEMU made.
  const kept = [...Deno.readDirSync("/var/lib/libvirt/images")]
    .map(({ name }) => name).filter((name) => name.startsWith("web")).sort();
  assertEquals(kept, [
    "web.20-filesystems.qcow2",
    "web.30-base.qcow2",
    "web.qcow2",
  ]);
  for (const step of ["10-partition.log", "20-filesystems.log"]) {
    assertStringIncludes((await logged("web")).get(step)!, TWICE);
  }
});

/** What the kernel, the line, the terminal, the login and the keyring can do to an installation. */
const BAD_DAY = "slow-getty:5+slow-login:10+pacman-init-slow:20+" +
  "kernel-noise+lost-bytes:30+vt220";

Deno.test("vms-install goes on with --from, on an ISO that is slow, noisy and deaf", async () => {
  await writeRecipe(
    "apps",
    `parent = "minimal"
packages = ["flatpak"]
flatpaks = ["org.lab.Hello"]
flatpak_remote = "http://192.0.2.1/flatpak/lab.flatpakrepo"
`,
  );
  const iso = await faulty(BAD_DAY);
  const ran = await install(
    "--recipe=apps",
    "--from=30-base",
    "--user=alice",
    "--timezone=Europe/Berlin",
    "--locale=de_DE.UTF-8",
    "--keymap=de",
    "--memory=1300M",
    "--vcpus=2",
    `--iso=${iso}`,
    "web",
  );
  await Deno.remove(iso);
  assertEquals([ran.code, ran.stdout], [0, "web\n"], ran.stderr);
  assertEquals(ran.stderr.includes("10-partition"), false);
  assertEquals((await volumes()).filter((name) => name.startsWith("web")), [
    "web.credentials",
    "web.qcow2",
  ]);
  const heard = await transcript("web");
  assertMatch(heard, /lab: noise line \d+ of many/);
  assertMatch(heard, /lab: lost bytes/);
  // The shell of the login named the session, coloured its prompt and asked for pastes in brackets.
  for (const sequence of ["\x1b]3008;", "\x1b[31m", "\x1b[?2004h"]) {
    assertStringIncludes(heard, sequence);
  }
  // Each of them bears being run again.
  const logs = await logged("web");
  const first = [...logs.keys()].sort().slice(0, 2);
  assertEquals(first, ["00-prepare.log", "30-base.log"]);
  for (const [step, log] of logs) assertStringIncludes(log, TWICE, step);
  // What the guest wrote to is gone; what is kept of it is the caller's.
  const given = [...Deno.readDirSync("/run/vms")].map(({ name }) => name);
  assertEquals(given.filter((name) => name.startsWith("install-")), []);
  const others = ["!", "-type", "f", "-o", "-perm", "/111"];
  const kept = ["find", await lastLog("web"), "-mindepth", "1"];
  assertEquals((await run([...kept, ...others])).stdout, "");
});

Deno.test("vms-install shares what it downloaded", async () => {
  const asked = await downloads() - earlier;
  assertEquals(asked > 20, true, `${asked} packages`);
  const shared = [...Deno.readDirSync(`${CACHE}/shared`)]
    .map(({ name }) => name).sort();
  for (const start of ["base-", "flatpak-", "linux-"]) {
    const one = shared.filter((name) => name.startsWith(start));
    assertEquals(one.some((name) => name.endsWith(".sig")), true, start);
  }
  const own = [...Deno.readDirSync(`${CACHE}/web`)].map(({ name }) => name);
  assertEquals(own.filter((name) => /\.pkg\.tar\.\w+$/.test(name)), []);
});

Deno.test("what vms-install was told is in the system, with the recipe's Flatpak", async () => {
  await vms("start", "--wait", "web");
  const has = (...argv: string[]) => inGuest("web", ...argv);
  assertEquals(await has("cat", "/etc/locale.conf"), "LANG=de_DE.UTF-8");
  assertMatch(await has("locale", "-a"), /^de_DE\.utf8$/m);
  assertEquals(await has("cat", "/etc/vconsole.conf"), "KEYMAP=de");
  assertEquals(await has("nproc"), "2");
  assertMatch(
    await virsh("dominfo", "web"),
    /^CPU\(s\): +2\n(.*\n)*Max memory: +1331200 KiB$/m,
  );
  assertEquals(await inGuest("web", "id", "-un", "1000"), "alice");
  assertMatch(
    await inGuest("web", "readlink", "/etc/localtime"),
    /Europe\/Berlin$/,
  );
  const hello = ["flatpak", "run", "org.lab.Hello"];
  assertEquals(
    await inGuest("web", "runuser", "-u", "alice", "--", ...hello),
    "hello from a Flatpak",
  );
  await vms("destroy", "--force", "web");
  await Deno.remove(toolkit, { recursive: true });
});

Deno.test("vms-install with a warm cache downloads nothing; where the host's disk gets full it tells so, and frees it", async () => {
  const iso = (await vms("iso", "path")).trim();
  const images = "/var/lib/libvirt/images";
  const space = "size=2200M,mode=711";
  const small = await run([
    "mount",
    "-t",
    "tmpfs",
    "-o",
    space,
    "tmpfs",
    images,
  ]);
  assertEquals(small.code, 0, small.stderr);
  try {
    const filled = await run(["fallocate", "-l", "2050M", `${images}/full`]);
    assertEquals(filled.code, 0, filled.stderr);
    await run(["virsh", "pool-refresh", "default"]);
    const asked = await downloads();
    const ran = await run(["vms-install", "--disk=2G", `--iso=${iso}`, "web"]);
    assertEquals(ran.code, 1, ran.stderr);
    assertMatch(ran.stderr, /step 30-base: it exited with \d+: /);
    assertMatch(
      ran.stderr,
      /is the host's disk full\?|No space left|I\/O error|Read-only/,
    );
    // The base system is downloaded, or not, before any of it is written.
    assertEquals(await downloads() - asked, 0);
    assertEquals(await domains(), []);
    assertEquals(await volumes(), ["full"]);
  } finally {
    await run(["umount", images]);
    await run(["virsh", "pool-refresh", "default"]);
  }
});
