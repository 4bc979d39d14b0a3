import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { sharedDirectory, withSharedMemory } from "../libvirt/share_xml.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import {
  attachShare,
  checkShareable,
  detachShare,
  waitUntilDetached,
} from "./attachment.ts";

const LIST = [
  " Id   Name   State     Title",
  "--------------------------------------",
  " 1    web    running   appvm on gui@1",
  " -    off    shut off  appvm on gui@1",
].join("\n");

const RW = {
  tag: "/mnt/a",
  directory: "/tmp",
  daemon: "/usr/lib/vms/vms-virtiofsd-rw",
};
function domain(...shares: Parameters<typeof sharedDirectory>[0][]): string {
  const devices = shares.map(sharedDirectory).join("");
  const xml = "<domain type='qemu'><name>web</name><uuid>u</uuid>" +
    "<memory>1</memory><vcpu>1</vcpu>" +
    `<devices>${devices}</devices></domain>`;
  return shares.length > 0 ? withSharedMemory(xml, true) : xml;
}

const URI = "qemu:///system";
const list: Step = [`virsh -c ${URI} list --all --title`, { stdout: LIST }];
const dump = (stdout: string): Step => [
  `virsh -c ${URI} dumpxml -- web`,
  { stdout },
];

const SHARE = { vm: "web", path: "/mnt/a", folder: "/tmp" };

Deno.test("checkShareable() refuses a VM that is off", async () => {
  using run = fakeRun([list]);
  const error = await assertRejects(
    () => checkShareable(new Virsh(run, URI), { vm: "off", path: "/mnt/a" }),
    Failure,
  );
  assertEquals(error.message, 'cannot share with "off": it is off');
  assertEquals(error.hint, "vms-start off");
});

Deno.test("checkShareable() refuses a path that is taken", async () => {
  using run = fakeRun([list, dump(domain(RW))]);
  const error = await assertRejects(
    () => checkShareable(new Virsh(run, URI), { vm: "web", path: "/mnt/a" }),
    Failure,
  );
  assertEquals(error.message, 'cannot share with "web": "/tmp" is at /mnt/a');
  assertEquals(error.hint, "vms-share remove web /mnt/a");
});

const PRIVATE = 'cannot share with "web": it was started with memory that ' +
  "is not shared with the host";
const inactive = (stdout: string): Step => [
  `virsh -c ${URI} dumpxml --inactive -- web`,
  { stdout },
];

Deno.test("checkShareable() says how private memory becomes shared", async () => {
  using run = fakeRun([list, dump(domain()), inactive(domain())]);
  const error = await assertRejects(
    () => checkShareable(new Virsh(run, URI), { vm: "web", path: "/mnt/a" }),
    Failure,
  );
  assertEquals(error.message, PRIVATE);
  assertEquals(
    error.hint,
    "vms-share allow web && vms-stop web && vms-start web",
  );
});

Deno.test("checkShareable() knows a VM that is allowed and not yet restarted", async () => {
  const allowed = withSharedMemory(domain(), true);
  using run = fakeRun([list, dump(domain()), inactive(allowed)]);
  const error = await assertRejects(
    () => checkShareable(new Virsh(run, URI), { vm: "web", path: "/mnt/a" }),
    Failure,
  );
  assertEquals(error.hint, "vms-stop web && vms-start web");
});

/** What libvirt says, and how `attachShare()` ends. */
async function attachedWith(stderr: string): Promise<Failure> {
  const line = `virsh -c ${URI} attach-device --live -- web /dev/stdin`;
  using run = fakeRun([
    [line, { code: 1, stderr, stdin: sharedDirectory(RW) }],
  ]);
  const given = { ...SHARE, daemon: RW.daemon };
  return await assertRejects(
    () => attachShare(new Virsh(run, URI), given),
    Failure,
  );
}

Deno.test("attachShare() says that the VM has no slot left, and what to do", async () => {
  const error = await attachedWith(
    "error: Failed to attach device from /dev/stdin\n" +
      "error: internal error: No more available PCI slots\n",
  );
  assertEquals(error.exit, "conflict");
  assertEquals(
    error.message,
    'cannot share "/tmp" with "web": all its slots for devices are taken; ' +
      "a share that is removed leaves one",
  );
  assertEquals(error.hint, "vms-share list web");
});

Deno.test("attachShare() says what else libvirt has against it", async () => {
  const error = await attachedWith("error: internal error: virtiofsd died\n");
  assertEquals([error.exit, error.why], [
    "failed",
    "internal error: virtiofsd died",
  ]);
});

Deno.test("detachShare(), waitUntilDetached() give up on a VM that keeps it", async () => {
  using run = fakeRun([
    dump(domain(RW)),
    [
      `virsh -c ${URI} detach-device --live -- web /dev/stdin`,
      { stdin: sharedDirectory(RW) },
    ],
    dump(domain(RW)),
  ]);
  const virsh = new Virsh(run, URI);
  await detachShare(virsh, SHARE);
  const error = await assertRejects(
    () => waitUntilDetached(virsh, SHARE, -1),
    Failure,
  );
  assertEquals(error.exit, "timeout");
});
