/** Installations from an ISO on which something is wrong: one clear error, and nothing left. */

import { assertEquals, assertMatch } from "@std/assert";
import { domains, leftThere, run, vms, volumes } from "../e2e/vms.ts";
import { faulty } from "../e2e/faulty_iso.ts";

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
    fault: "poweroff-at:sgdisk",
    code: 1,
    says: /step 10-partition: the VM ended: QEMU is gone/,
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
    // And what hangs, as one of the programs that run.
    says:
      /step 10-partition: nothing was heard for 20 s\n(.*\n)*.* \| S\S* .*\/sgdisk /,
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

async function present() {
  // What it downloaded serves the next one.
  const left = leftThere().filter((path) => !path.endsWith("/pkg/web"));
  return [await domains(), await volumes(), left];
}

Deno.test("the ISO to spoil is there", async () => {
  await vms("iso", "fetch");
});

for (const { fault, code, says, silence } of CASES) {
  Deno.test(`vms-install tells of an ISO with ${fault}`, async () => {
    const before = await present();
    const iso = await faulty(fault);
    const options = silence ? [`--silence=${silence}`] : [];
    const ran = await run(["vms-install", ...options, `--iso=${iso}`, "web"]);
    assertEquals([ran.code, ran.stdout], [code, ""], ran.stderr);
    assertMatch(ran.stderr, says);
    const [, transcript] = /transcript: (.*)/.exec(ran.stderr)!;
    assertEquals((await Deno.stat(transcript!)).isFile, true);
    assertMatch(ran.stderr, /the disk is deleted; --keep keeps it/);
    assertEquals(await present(), before);
    await Deno.remove(iso);
  });
}
