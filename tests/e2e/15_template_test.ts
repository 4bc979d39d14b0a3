/** Templates: what is in them, what rests on them. The packages are Debian's. */

import { assertEquals, assertMatch } from "@std/assert";
import { domains, eventually, mirrorLog, run, vms, volumes } from "./vms.ts";

Deno.test("vms-iso verifies what it fetched", async () => {
  await vms("iso", "verify");
  assertMatch(
    await vms("iso", "path"),
    /archlinux-2026\.11\.01-x86_64\.iso\n$/,
  );
});

Deno.test("a template has no identity and no secret", async () => {
  // Read from a disposable's root before its own identity is of interest.
  const script = [
    "test -s /etc/machine-id",
    "! ls /etc/pacman.d/gnupg/private-keys-v1.d 2>/dev/null",
    "! test -e /var/lib/systemd/random-seed.template",
    "! grep -r . /var/cache/pacman/pkg",
    "pacman-key --list-keys >/dev/null",
  ].join(" && ");
  const ran = await run([
    "vms-dispose",
    "minimal",
    "--",
    "bash",
    "-c",
    `id -un; sudo bash -c '${script}' || exit 1; echo words >&2; exit 7`,
  ]);
  assertEquals([ran.code, ran.stdout], [7, "user\n"], ran.stderr);
  assertMatch(ran.stderr, /^words$/m);
});

Deno.test("vms-dispose leaves nothing", async () => {
  await eventually(async () => {
    assertEquals(await domains(), ["minimal@1"]);
    assertEquals(await volumes(), ["minimal@1.qcow2"]);
  });
  const nvram = await run(["ls", "/var/lib/libvirt/qemu/nvram"]);
  assertEquals(nvram.stdout, "");
});

Deno.test("vms-template build gui rests on minimal, and downloads only what it lacks", async () => {
  const before = (await mirrorLog()).length;
  const { code, stdout, stderr } = await run(
    ["vms-template", "build", "gui"],
  );
  assertEquals([code, stdout], [0, "gui@1\n"], stderr);
  assertMatch(stderr, /\[1\/8\] boot the ISO\n {6}\d+\.\d s\n/);
  assertMatch(stderr, /\[8\/8\] 90-clean-up: remove identity and secrets\n/);
  const asked = (await mirrorLog()).slice(before);
  assertEquals(asked.filter((line) => /\/(base|linux)-\d/.test(line)), []);
  assertEquals(await volumes(), ["gui@1.qcow2", "minimal@1.qcow2"]);
  const shown = JSON.parse(await vms("template", "show", "--json", "gui"));
  assertEquals([shown.parent, shown.depth, shown.recipe], [
    "minimal@1",
    2,
    "gui",
  ]);
});

Deno.test("vms-template rebuild --all goes from parents to children", async () => {
  const ran = await run(["vms-template", "rebuild", "--all", "--dry-run"]);
  assertEquals([ran.code, ran.stdout], [0, ""]);
  await vms("template", "rebuild", "--dry-run", "gui", "minimal");
  const order = await run([
    "vms-template",
    "rebuild",
    "--dry-run",
    "gui",
    "minimal",
  ]);
  assertEquals(order.stdout, "minimal@2\ngui@2\n");
});
