/** The compiled toolkit: one executable, a hard link per command. */

import { assertEquals, assertMatch } from "@std/assert";
import { unpackTree } from "../../lib/usb/recorded_tree.ts";
import { Terminal } from "./terminal.ts";
import { disposablesGone, run } from "./vms.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;
const DIST = `${SOURCE}/dist/test`;

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

const names = [...Deno.readDirSync(`${SOURCE}/bin`)]
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

/** Commands that want one. */
const IN_TERMINAL = ["vms-console", "vms-shell"];

Deno.test("the compiled toolkit works on VMs", async () => {
  const sysfs = await unpackTree();
  const steps: [name: string, args: string[], stdout: RegExp][] = [
    // Boots while the others are at it.
    ["vms-clone", ["--disposable", "minimal", "once"], /^once\n$/],
    ["vms-start", ["once"], /^once\n$/],
    ["vms-clone", ["minimal", "ship"], /^ship\n$/],
    ["vms-list", [], /^once\nship\n$/],
    ["vms-passwords", ["ship"], /^\S+\n$/],
    ["vms-start", ["ship"], /^ship\n$/],
    ["vms-pause", ["ship"], /^ship\n$/],
    ["vms-resume", ["ship"], /^ship\n$/],
    ["vms-stats", ["ship"], /^NAME .*\nship +running /],
    ["vms-spice", ["--print-uri", "ship"], /^qemu:\/\/\/system#ship\n$/],
    ["vms-snapshot", ["create", "ship", "s"], /^s\n$/],
    ["vms-snapshot", ["list", "ship"], /^s\n$/],
    ["vms-stop", ["--force", "--timeout=0", "ship"], /^ship\n$/],
    ["vms-rebuild", ["ship"], /^ship\n$/],
    ["vms-destroy", ["ship"], /^ship\n$/],
    ["vms-template", ["list"], /^minimal@\d+$/m],
    ["vms-iso", ["path"], /archlinux-.*\.iso\n$/],
    ["vms-install", ["--dry-run", "box"], /^box\n$/],
    ["vms-cache", ["status"], /shared/],
    ["vms-usb", ["list", `--sysfs=${sysfs}`], /^1-2\n1-3\n/],
    ["vms-doctor", ["--all", "--json"], /^\{"id":"libvirt","level":"ok",/m],
    ["vms-dispose", ["minimal", "--", "uname"], /^Linux\n$/],
    ["vms-exec", ["once", "--", "uname"], /^Linux\n$/],
    ["vms-agent", ["once", "ping"], /pong/],
    ["vms-cp", ["once:/etc/passwd", sysfs], /passwd\n$/],
    ["vms-share", ["list"], /^$/],
    ["vms-net", ["once"], /nat/],
    ["vms-firewall", ["once", "list"], /^default (allow|deny)$/m],
    ["vms-density", ["--json"], /"name":"once"/],
    ["vms-balloon", ["--dry-run", "--json"], /^(\{"name":.*\}\n)*$/],
    ["vms-warm", ["list"], /^$/],
    ["vms-pool", ["status"], /^$/],
    ["vms-clip", ["log", "--json"], /^(\{"time":.*\}\n)*$/],
    ["vms-keep", ["--no-start", "once", "kept"], /^kept\n$/],
    ["vms-destroy", ["kept"], /^kept\n$/],
  ];
  const called = new Set(steps.map(([name]) => name));
  assertEquals(names.filter((name) => !called.has(name)), IN_TERMINAL);
  for (const [name, args, stdout] of steps) {
    const ran = await compiled(name, ...args);
    assertEquals(ran.code, 0, `${name} ${args.join(" ")}: ${ran.stderr}`);
    assertMatch(ran.stdout, stdout, name);
  }
  await Deno.remove(sysfs, { recursive: true });
  await disposablesGone();
});

Deno.test("the compiled vms-console is a terminal at a VM's serial line", async () => {
  await compiled("vms-clone", "minimal", "ship");
  const terminal = new Terminal(`cd / && ${DIST}/vms-console --start ship`);
  await terminal.sees(/Escape character/);
  await terminal.type("\x1d");
  assertEquals(await terminal.ended(), 0, terminal.seen);
  await compiled("vms-destroy", "--force", "ship");
});

const CONF = "tmpfiles.d/vms.conf";

async function isInstalled(): Promise<boolean> {
  const paths = [`/usr/lib/${CONF}`, `/usr/local/lib/${CONF}`, `/etc/${CONF}`];
  for (const path of paths) {
    if (await Deno.stat(path).catch(() => undefined)) return true;
  }
  return false;
}

Deno.test({
  name: "the compiled vms-doctor writes files that are inside it",
  ignore: await isInstalled(),
  async fn() {
    // Says that systemd runs this host: sd_booted(3).
    const booted = "/run/systemd/system";
    await Deno.mkdir(booted, { recursive: true });
    try {
      const ran = await compiled("vms-doctor", "--repair", "--json");
      assertMatch(ran.stdout, /^\{"id":"tmpfiles".*"cured":true\}$/m);
      assertEquals(
        await Deno.readTextFile(`/etc/${CONF}`),
        await Deno.readTextFile(`${SOURCE}/share/${CONF}`),
      );
    } finally {
      await Deno.remove(booted);
      await Deno.remove(`/etc/${CONF}`).catch(() => {});
    }
  },
});
