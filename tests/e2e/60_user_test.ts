/** All of it as an ordinary user of the libvirt group. */

import { assertEquals, assertMatch } from "@std/assert";
import { alice, disposablesGone, run, vms, volumes } from "./vms.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;

async function works(expected: string | RegExp, ...argv: string[]) {
  const ran = await alice(...argv);
  assertEquals(ran.code, 0, `${argv.join(" ")}: ${ran.stderr}`);
  if (typeof expected === "string") assertEquals(ran.stdout, expected);
  else assertMatch(ran.stdout, expected);
}

Deno.test("an ordinary user clones, starts, snapshots, rebuilds, stops and destroys", async () => {
  const before = await volumes();
  await works("hers\n", "vms-clone", "minimal", "hers");
  await works("hers\n", "vms-start", "--wait", "hers");
  await works("hers-2\n", "vms-clone", "hers", "hers-2");
  await works("s\n", "vms-snapshot", "create", "hers", "s");
  await works("s\n", "vms-snapshot", "delete", "hers", "s");
  await works("hers\n", "vms-stop", "hers");
  await works("hers-2\nhers\n", "vms-destroy", "hers-2", "hers");
  assertEquals(await volumes(), before);
});

Deno.test("an ordinary user uses disposables", async () => {
  await works("user\n", "vms-dispose", "minimal", "--", "id", "-un");
  await disposablesGone();
});

Deno.test("two users' commands exclude each other", async () => {
  await vms("clone", "minimal", "shared");
  await vms("destroy", "shared");
  const holder = new Deno.Command("flock", {
    args: ["/run/vms/lock/vm-shared", "sleep", "30"],
  }).spawn();
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
  const ran = await run([
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "env",
    "HOME=/tmp",
    `${SOURCE}/bin/vms-list`,
  ]);
  assertEquals(ran.code, 6, ran.stderr);
  assertMatch(
    ran.stderr,
    /cannot reach libvirt at qemu:\/\/\/system: permission denied: you are not in the libvirt group/,
  );
});
