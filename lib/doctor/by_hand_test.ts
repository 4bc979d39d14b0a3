/** What vms-doctor(1) says is never done unasked: a command, and no repair. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  domainNamed,
  dumped,
  type Expected,
  listed,
  type Table,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { chains } from "./chains.ts";
import type { Check, Exam } from "./exam.ts";
import { kvm } from "./kvm.ts";
import { space } from "./pool.ts";

const HOST = { root: "", uid: 0, kernel: "6.12.0", now: 0 };
const REFRESHED: Expected = ["virsh pool-refresh -- default"];

/** The findings as a person gets them, and that root has nothing to repair. */
function found(check: Check, table: Table) {
  return withLibvirt(table, async (libvirt) => {
    const { run } = libvirt.virsh;
    const exam: Exam = { ...libvirt, run, host: HOST, names: [] };
    const problems = await check.examine(exam);
    assertEquals(problems.map(({ repair }) => repair), [undefined]);
    return problems[0]!;
  });
}

Deno.test("a pool that is nearly full is not emptied", async () => {
  const { level, cure } = await found(space, [
    REFRESHED,
    ["virsh pool-dumpxml -- default", {
      stdout: `<pool><capacity>${2 ** 40}</capacity>` +
        `<available>${2 ** 30}</available></pool>`,
    }],
  ]);
  assertEquals(level, "error");
  assertEquals(cure, "vms-template prune && vms-cache clean");
});

/** What is said of a VM with these images in the pool. */
function broken(images: Parameters<typeof volumesListed>[0]) {
  const web = domainNamed("web", {
    metadata: { kind: "appvm", template: "gui@1" },
    disks: [
      { path: "/pool/web.qcow2", serial: "root" },
      { path: "/pool/web.home.qcow2", serial: "home" },
    ],
  });
  return found(chains, [
    REFRESHED,
    ...volumesListed(images),
    listed([{ name: "web", state: "shut off", kind: "appvm" }]),
    dumped(web, "--inactive"),
  ]);
}

Deno.test("a VM whose root rests on what is gone is not given up", async () => {
  const { what, cure } = await broken([
    { name: "web.qcow2", backing: "/pool/gone.qcow2" },
    { name: "web.home.qcow2" },
  ]);
  assertEquals(what, '"web" rests on an image that is gone: /pool/gone.qcow2');
  assertEquals(cure, "vms-rebuild web");
});

Deno.test("another root does not cure a VM whose home rests on what is gone", async () => {
  const root = { name: "web.qcow2" };
  const base = "/pool/gone.qcow2";
  const cases = [
    { images: [root, { name: "web.home.qcow2", backing: base }], gone: base },
    { images: [root], gone: "/pool/web.home.qcow2" },
  ];
  for (const { images, gone } of cases) {
    const { what, cure } = await broken(images);
    assertEquals(
      what,
      `"web" rests on an image that is gone: ${gone}. ` +
        `Put ${gone} back, or its home is lost`,
    );
    assertEquals(cure, "vms-destroy web");
  }
});

Deno.test("nothing is mounted over a /dev/kvm on which guests hang", async () => {
  const { what, cure } = await found(kvm, [[
    "stat --format=%n|%F|%a|%G /dev/kvm /sys/module/kvm_intel " +
    "/sys/module/kvm_amd",
    { stdout: "/dev/kvm|character special file|666|root\n" },
  ]]);
  assertMatch(what, /guests hang on it/);
  assertEquals(cure, "mount --bind /dev/null /dev/kvm");
});
