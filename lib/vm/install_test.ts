import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { isUnkept, noteUnkept } from "../install/left_over.ts";
import {
  DIRECTORY,
  type Expected,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { installVm, type InstallVmOptions } from "./install.ts";

/** Nobody else's VM has it: notes are those of this host. */
const VM = `test-${crypto.randomUUID().slice(0, 8)}`;

const POOL: Expected = ["virsh pool-dumpxml -- default", {
  stdout: `<pool><capacity>${2 ** 40}</capacity>` +
    `<target><path>${DIRECTORY}</path></target></pool>`,
}];
const REFRESHED: Expected = ["virsh pool-refresh -- default"];
const ENDED: Expected = [`virsh destroy -- ${VM}@build`, {
  error: "failed to get domain",
}];
const PLANNED: Expected[] = [
  POOL,
  ["virsh net-dumpxml vms", {
    stdout: "<network><name>vms</name></network>",
  }],
  POOL,
];
/** What comes after the installation fails. */
const UNDEFINED: Expected[] = [
  ["stat --format=%n /sys/module/kvm_intel /sys/module/kvm_amd", {
    stdout: "/sys/module/kvm_amd\n",
  }],
  ["virsh capabilities", { error: "no answer" }],
];

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

function installing(
  table: Expected[],
  given: Partial<InstallVmOptions> = {},
  installed: () => Promise<void> = () => Promise.resolve(),
) {
  return withLibvirt(table, (libvirt) => {
    const options: InstallVmOptions = {
      recipe: "minimal",
      iso: () =>
        Promise.resolve({ path: "", kernel: "", initrd: "", options: [] }),
      cache: () => Promise.resolve({ shared: "", own: "" }),
      keep: false,
      ...given,
    };
    const context = fakeContext(libvirt.virsh.run);
    return installVm(libvirt, context, VM, options, installed);
  });
}

Deno.test("installVm() that cannot define the VM deletes its disk", async () => {
  let unkept = false;
  const { message } = await assertRejects(
    () =>
      installing(
        [
          ...PLANNED,
          REFRESHED,
          ...volumesListed([]),
          ENDED,
          ...UNDEFINED,
          REFRESHED,
          deleted(`${VM}.qcow2`),
        ],
        {},
        async () => void (unkept = await isUnkept(VM)),
      ),
    Failure,
  );
  assertEquals(message, "cannot ask what libvirt can do: no answer");
  assertEquals([unkept, await isUnkept(VM)], [true, false]);
});

Deno.test("installVm() with --keep keeps it, and says where it is", async () => {
  let unkept = true;
  await assertRejects(
    () =>
      installing(
        [...PLANNED, ENDED, ...UNDEFINED],
        { keep: true, from: "90-clean-up" },
        async () => void (unkept = await isUnkept(VM)),
      ),
    Failure,
    `no answer\nthe disk is kept: /pool/${VM}.qcow2`,
  );
  assertEquals(unkept, false);
});

Deno.test("installVm() deletes first what one that was killed has left", async () => {
  await noteUnkept(VM);
  const layer = `${VM}.10-partition.qcow2`;
  await assertRejects(
    () =>
      installing(
        [
          ...PLANNED,
          REFRESHED,
          ...volumesListed([
            { name: `${VM}.qcow2` },
            { name: layer, backing: `/pool/${VM}.qcow2` },
          ]),
          ENDED,
          deleted(layer),
          deleted(`${VM}.qcow2`),
        ],
        {},
        () => Promise.reject(new Error("the step failed")),
      ),
    Error,
    "the step failed",
  );
  assertEquals(await isUnkept(VM), false);
});

Deno.test("installVm() refuses a network that is not there before it makes anything", () =>
  assertRejects(
    () =>
      installing([POOL, ["virsh net-dumpxml gone", {
        error: "failed to get network 'gone'",
      }]], { network: "gone" }),
    Failure,
    'cannot find the network "gone"',
  ));
