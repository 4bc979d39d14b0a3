import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  DIRECTORY,
  domainNamed,
  dumped,
  type Expected,
  listed,
  volumeAt,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { planBuild } from "./plan.ts";

const REFRESHED: Expected = ["virsh pool-refresh -- default"];
/** Of so many bytes in all. */
const poolOf = (capacity: number): Expected => [
  "virsh pool-dumpxml -- default",
  {
    stdout: `<pool><capacity>${capacity}</capacity>` +
      `<target><path>${DIRECTORY}</path></target></pool>`,
  },
];
const POOL = poolOf(2 ** 40);

const VERSIONS: Listed[] = [1, 2].map((number) => ({
  name: `minimal@${number}`,
  state: "shut off",
  kind: "template",
}));

const version = (name: string) =>
  domainNamed(name, { metadata: { kind: "template" } });

function planning(table: Expected[], from?: string) {
  return withLibvirt(
    table,
    (libvirt) =>
      planBuild(libvirt, fakeContext(libvirt.virsh.run), "gui", { from }),
  );
}

function images(backing?: string) {
  return volumesListed([
    { name: "minimal@1.qcow2" },
    { name: "minimal@2.qcow2" },
    ...(backing ? [{ name: "gui@build.qcow2", backing }] : []),
  ]);
}

/** What is looked at from the size of its disk on. */
function onParent(name: string, backing?: string): Expected[] {
  return [
    POOL,
    listed(VERSIONS),
    REFRESHED,
    ...images(backing),
    ...images(backing),
    dumped(version(name)),
    volumeAt({ name: `${name}.qcow2` }),
    POOL,
  ];
}

Deno.test("planBuild() refuses the name of a VM before anything is swept", async () => {
  const vm: Listed = { name: "gui", state: "running", kind: "appvm" };
  const failure = await assertRejects(
    () => planning([listed([...VERSIONS, vm])]),
    Failure,
    'cannot build the template "gui": a VM of that name exists',
  );
  assertEquals([failure.exit, failure.hint], ["conflict", "vms-list"]);
});

Deno.test("planBuild() refuses a disk larger than the pool before anything is swept", async () => {
  const failure = await assertRejects(
    () => planning([listed(VERSIONS), poolOf(2 ** 30)]),
    Failure,
    'cannot make a disk of 20.0 GiB: the storage pool "default" has 1.0 GiB',
  );
  assertEquals(failure.exit, "usage");
});

Deno.test("planBuild() takes the newest version of the parent", async () => {
  const plan = await planning([listed(VERSIONS), ...onParent("minimal@2")]);
  assertEquals(plan.parent?.name, "minimal@2");
  assertEquals(plan.backing, "/pool/minimal@2.qcow2");
});

Deno.test("planBuild() goes on with the parent that the kept disk rests on", async () => {
  const backing = "/pool/minimal@1.qcow2";
  const plan = await planning([
    listed(VERSIONS),
    REFRESHED,
    ...images(backing),
    ...onParent("minimal@1", backing),
  ], "70-user");
  assertEquals([plan.parent?.name, plan.backing], ["minimal@1", backing]);
});

Deno.test("planBuild() does not go on with a disk on what is no version of the parent", async () => {
  const failure = await assertRejects(
    () =>
      planning([
        listed(VERSIONS),
        REFRESHED,
        ...images("/pool/other@1.qcow2"),
      ], "70-user"),
    Failure,
    'the disk that was kept rests on "other@1.qcow2", and the recipe on "minimal"',
  );
  assertEquals(failure.exit, "conflict");
});
