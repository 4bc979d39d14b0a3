/** What VMs take of this host's memory: vms-density, and advice on KSM. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Density, VmDensity } from "../../lib/usage/density.ts";
import { alice, eventually, fails, run, virsh, vms } from "../e2e/vms.ts";

const VM = "den-1";

async function density(...names: string[]): Promise<Density> {
  return JSON.parse(await vms("density", "--json", ...names));
}

async function row(): Promise<VmDensity> {
  const { vms: [row, ...others] } = await density(VM);
  assertEquals([row!.name, row!.state, others], [VM, "running", []]);
  return row!;
}

Deno.test("vms-density measures VMs that run, on this machine", async () => {
  await vms("clone", "minimal", VM);
  await fails(4, `cannot measure "${VM}": it is off`, "density", VM);
  await fails(3, "no VM has that name", "density", "den-none", VM);
  const far = await run(["vms-density"], {
    env: { LIBVIRT_DEFAULT_URI: "qemu+ssh://far.invalid/system" },
  });
  assertEquals(far.code, 6);
  assertEquals(
    far.stderr,
    "vms-density: cannot measure memory: the VMs run on another machine\n" +
      "vms-density: try: ssh far.invalid vms-density\n",
  );
});

Deno.test("vms-density sees what libvirt and the kernel count", async () => {
  await vms("start", "--wait", VM);
  const found = await row();
  assertEquals([found.source, found.ram], ["pages", "private"]);
  const resident = found.residentBytes!;
  const about = (bytes: number) =>
    assert(
      Math.abs(bytes - resident) < resident / 5,
      `${bytes} and ${resident} bytes`,
    );
  about(found.privateBytes! + found.sharedBytes!);
  const stats = await virsh("domstats", "--balloon", VM);
  about(Number(/balloon\.rss=(\d+)/.exec(stats)![1]) * 1024);
  assert(found.ownBytes! > 2 ** 26 && found.ownBytes! < resident);
  assert(found.proportionalBytes! < resident);
  assertEquals(found.memoryMaxBytes, 2 ** 30);
  const { capacity, host } = await density(VM);
  assertEquals(capacity.measured, 1);
  assertEquals(
    capacity.more,
    Math.floor(host.available / capacity.eachBytes!),
  );
  assert(capacity.moreWhenFull! <= capacity.more!);
  assertMatch(await vms("density"), /\nden-1 +running +private .*\n/);
  // Emulated, it translates code, and may keep so much of it.
  if (!(await virsh("dumpxml", VM)).includes("<domain type='qemu'")) return;
  const pid = await Deno.readTextFile(`/run/libvirt/qemu/${VM}.pid`);
  const { stdout } = await run(["ps", "-o", "args=", "-p", pid.trim()]);
  assertMatch(stdout, /\btb-size=128\b/);
});

Deno.test("vms-balloon presses out of a guest what it only keeps", async () => {
  const inside = (script: string) => vms("exec", VM, "--", "sh", "-c", script);
  await inside("find /usr -type f -size +9k | xargs cat | wc -c");
  const { residentBytes } = await row();
  // A guest that is slow to give has given more the next time.
  await eventually(async () => {
    // No host has so much.
    const said = await vms("balloon", "--below=900T", "--json", VM);
    if (said !== "") assertEquals(JSON.parse(said).name, VM);
    const left = (await row()).residentBytes!;
    assert(left < residentBytes! - 50 * 2 ** 20, `${left}: ${said}`);
  }, 180);
  // All of it is its own again: what it needs it has.
  await eventually(async () => {
    const stats = await virsh("domstats", "--balloon", VM);
    assertMatch(stats, /balloon\.current=1048576\b/);
  });
  const need = "head -c 500M /dev/zero | tail -c 500M | wc -c";
  assertEquals(await inside(need), `${500 * 2 ** 20}\n`);
  assertEquals(await vms("balloon", "--below=1M"), "");
});

Deno.test("vms-density tells an ordinary user what it cannot see", async () => {
  const seen = await alice("vms-density", "--json", VM);
  assertEquals([seen.code, seen.stderr], [0, ""]);
  const [found] = (JSON.parse(seen.stdout) as Density).vms;
  assertEquals([found!.source, found!.proportionalBytes], ["status", null]);
  assert(found!.ownBytes! > 2 ** 26);
  const { code, stdout, stderr } = await alice("vms-density", VM);
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /\nden-1 +running +private +[\d.]+ [MG]iB .* - +- +- .*\n/,
  );
  assertMatch(stderr, /^vms-density: PSS, SHARED, .* are for root to see/);
});

Deno.test("vms-density shows RAM that virtiofs can map as shared", async () => {
  await vms("stop", VM);
  await vms("share", "allow", VM);
  await vms("start", "--wait", VM);
  const { ram, ownBytes, residentBytes } = await row();
  assertEquals(ram, "shared");
  assert(ownBytes! > 2 ** 26 && ownBytes! < residentBytes!);
  await vms("destroy", "--force", VM);
});

Deno.test("vms-doctor advises on KSM and leaves it as it is", async () => {
  const path = "/sys/kernel/mm/ksm/run";
  const mode = () => Deno.readTextFile(path).catch(() => "none");
  const before = await mode();
  const hints = async (...words: string[]) => {
    const { stdout } = await run(["vms-doctor", "--json", ...words]);
    const found = stdout.split("\n").filter((line) => line.includes('"ksm"'));
    return found.map((line) => JSON.parse(line));
  };
  assertEquals(await hints(), []);
  const [hint, ...more] = await hints("--all");
  assertEquals([hint.level, more], ["hint", []]);
  if (before !== "none") assert(hint.cure.endsWith(`tee ${path}`));
  assertEquals(await hints("--all", "--repair", "--dry-run"), [hint]);
  assertEquals(await mode(), before);
});
