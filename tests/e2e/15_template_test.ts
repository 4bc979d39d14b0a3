/** Templates: what is in them, what rests on them. The packages are Debian's. */

import { assertEquals, assertMatch } from "@std/assert";
import { Image } from "./image.ts";
import { domains, eventually, mirrorLog, run, vms, volumes } from "./vms.ts";

Deno.test("vms-iso verifies what it fetched", async () => {
  await vms("iso", "verify");
  assertMatch(
    await vms("iso", "path"),
    /archlinux-2026\.11\.01-x86_64\.iso\n$/,
  );
});

/** What 90-clean-up takes away: names that a directory must not hold. */
const GONE: [directory: string, names: RegExp][] = [
  ["/etc", /^(hostname|machine-info|vms-identity)$/],
  ["/etc/ssh", /^ssh_host_/],
  ["/etc/pacman.d/gnupg", /^(private-keys-v1\.d|openpgp-revocs\.d|S\..*)$/],
  ["/home/user", /^\.(ssh|.*history)$/],
  ["/root", /^\.(ssh|.*history)$/],
  ["/tmp", /./],
  ["/var/cache/pacman/pkg", /./],
  ["/var/lib/NetworkManager", /./],
  ["/var/lib/dbus", /^machine-id$/],
  ["/var/lib/dhcp", /./],
  ["/var/lib/systemd", /^(random-seed|credential\.secret)$/],
  ["/var/lib/systemd/timesync", /./],
  ["/var/lib/vms", /^(identity|credentials)$/],
  ["/var/log/journal", /./],
  ["/var/tmp", /./],
];

async function hasNoIdentity(version: string) {
  await using image = await Image.open(`${version}.qcow2`);
  assertEquals(await image.text("/etc/machine-id"), "uninitialized\n");
  for (const [directory, names] of GONE) {
    const left = (await image.names(directory)).filter((one) =>
      names.test(one)
    );
    assertEquals(left, [], directory);
  }
  assertEquals(await image.files("/var/log"), []);
  const boot = await image.bootFiles();
  assertEquals(boot.filter((path) => /random-seed/i.test(path)), []);
  // No password lets anybody in, and no clone has one in common.
  const shadow = (await image.text("/etc/shadow")).trim().split("\n");
  const open = shadow.filter((line) => !/^[^:]+:[!*]/.test(line));
  assertEquals(open, []);
  // All that was really looked at: these are there.
  assertEquals(shadow.some((line) => line.startsWith("user:")), true);
  const keyring = await image.names("/etc/pacman.d/gnupg");
  assertEquals(keyring.includes("trustdb.gpg"), true, keyring.join(" "));
  assertEquals(boot.includes("/loader/loader.conf"), true, boot.join(" "));
  assertEquals((await image.names("/home")).includes("user"), true);
}

Deno.test("a template has no identity and no secret", async () => {
  await hasNoIdentity("minimal@1");
});

Deno.test("vms-dispose hands on user, output, errors and exit code", async () => {
  // The public half of the keyring is enough for pacman.
  const script = "id -un; sudo pacman-key --list-keys >/dev/null || exit 1; " +
    "echo words >&2; exit 7";
  const ran = await run(["vms-dispose", "minimal", "--", "sh", "-c", script]);
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

Deno.test("a template on another has no identity either", async () => {
  await hasNoIdentity("gui@1");
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
