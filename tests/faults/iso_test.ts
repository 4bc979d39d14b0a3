/** Installations that cannot succeed: one clear error, and nothing left. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  domains,
  inGuest,
  run,
  vms,
  volumes,
  writeRecipe,
} from "../e2e/vms.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;
const ISO = "/var/lib/libvirt/iso";

/** A copy of the ISO with a fault in it; the path, to be deleted after use. */
async function faulty(fault: string): Promise<string> {
  const good = (await vms("iso", "path")).trim();
  const out = `${ISO}/fault.iso`;
  const made = await run([`${SOURCE}/tests/lab/iso/fault`, good, fault, out]);
  assertEquals(made.code, 0, made.stderr);
  return out;
}

/** All that the console of the last installation of a VM said. */
async function transcript(vm: string): Promise<string> {
  const logs = `${Deno.env.get("HOME")}/.local/state/vms/log`;
  const names = [...Deno.readDirSync(logs)].map(({ name }) => name)
    .filter((name) => name.endsWith(`-${vm}@build`)).sort();
  return await Deno.readTextFile(`${logs}/${names.at(-1)}/console`);
}

interface Case {
  fault: string;
  code: number;
  /** What the error says. */
  says: RegExp;
  /** Longest silence of a step, where waiting is what the fault is about. */
  silence?: string;
}

const CASES: Case[] = [
  {
    fault: "no-uuid",
    code: 1,
    says: /cannot boot the ISO: the initramfs failed/,
  },
  {
    fault: "emergency",
    code: 1,
    says: /cannot boot the ISO: systemd went into emergency mode/,
  },
  {
    fault: "panic",
    code: 1,
    says:
      /cannot boot the ISO: the kernel panicked: Kernel panic - not syncing/,
  },
  {
    fault: "poweroff:2",
    code: 1,
    says: /the VM ended: QEMU is gone/,
  },
  {
    fault: "silence",
    code: 5,
    silence: "20s",
    says: /nothing was heard for (10|20) s/,
  },
  {
    fault: "pacman-init-failed",
    code: 1,
    says:
      /step 00-prepare: it exited with 1: .*pacman-init\.service of the ISO failed/,
  },
  {
    fault: "pacman-init-never",
    code: 5,
    silence: "20s",
    says: /step 00-prepare: nothing was heard for 20 s/,
  },
  {
    fault: "hang:sgdisk",
    code: 5,
    silence: "20s",
    says: /step \d\d-\w+: nothing was heard for 20 s/,
  },
  {
    fault: "no-network",
    code: 1,
    says: /step 30-base: it exited with 1: /,
  },
  {
    fault: "ask:sgdisk",
    code: 1,
    says:
      /step 10-partition: it exited with 1: .*:: Proceed with installation\? \[Y\/n\]/,
  },
];

Deno.test("the ISO to spoil is there", async () => {
  await vms("iso", "fetch");
});

for (const { fault, code, says, silence } of CASES) {
  Deno.test(`vms-install tells of an ISO with ${fault}`, async () => {
    const before = [await domains(), await volumes()];
    const iso = await faulty(fault);
    const options = silence ? [`--silence=${silence}`] : [];
    const ran = await run(["vms-install", ...options, `--iso=${iso}`, "web"]);
    assertEquals([ran.code, ran.stdout], [code, ""], ran.stderr);
    assertMatch(ran.stderr, says);
    const [, transcript] = /transcript: (.*)/.exec(ran.stderr)!;
    assertEquals((await Deno.stat(transcript!)).isFile, true);
    assertMatch(ran.stderr, /the disk is deleted; --keep keeps it/);
    assertEquals([await domains(), await volumes()], before);
    await Deno.remove(iso);
  });
}

Deno.test("vms-install keeps the disk of a step that failed, with --keep", async () => {
  const iso = await faulty("enospc");
  const ran = await run(["vms-install", "--keep", `--iso=${iso}`, "web"]);
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
});

/** What the kernel, the login and the keyring can do to an installation. */
const SLOW_AND_NOISY = "slow-login:20+pacman-init-slow:50+kernel-noise";

Deno.test("vms-install goes on with --from, on an ISO that is slow and noisy", async () => {
  await writeRecipe(
    "apps",
    `parent = "minimal"
packages = ["flatpak"]
flatpaks = ["org.lab.Hello"]
flatpak_remote = "http://192.0.2.1/flatpak/lab.flatpakrepo"
`,
  );
  const iso = await faulty(SLOW_AND_NOISY);
  const ran = await run(
    [
      "vms-install",
      "--recipe=apps",
      "--from=30-base",
      "--user=alice",
      "--timezone=Europe/Berlin",
      `--iso=${iso}`,
      "web",
    ],
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
});

Deno.test("what vms-install was told is in the system, with the recipe's Flatpak", async () => {
  await vms("start", "--wait", "web");
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
});

Deno.test("vms-install on a host whose disk gets full tells so, and frees it", async () => {
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
    const ran = await run(["vms-install", "--disk=2G", `--iso=${iso}`, "web"]);
    assertEquals(ran.code, 1, ran.stderr);
    assertMatch(ran.stderr, /step 30-base: it exited with \d+: /);
    assertMatch(
      ran.stderr,
      /is the host's disk full\?|No space left|I\/O error|Read-only/,
    );
    assertEquals(await domains(), []);
    assertEquals(await volumes(), ["full"]);
  } finally {
    await run(["umount", images]);
    await run(["virsh", "pool-refresh", "default"]);
  }
});
