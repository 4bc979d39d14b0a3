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

Deno.test("a VM that rests on what is gone is not given up", async () => {
  const web = domainNamed("web", {
    metadata: { kind: "appvm", template: "gui@1" },
  });
  const { what, cure } = await found(chains, [
    REFRESHED,
    ...volumesListed([{ name: "web.qcow2", backing: "/pool/gone.qcow2" }]),
    listed([{ name: "web", state: "shut off", kind: "appvm" }]),
    dumped(web, "--inactive"),
  ]);
  assertEquals(what, '"web" rests on an image that is gone: /pool/gone.qcow2');
  assertEquals(cure, "vms-rebuild web");
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
