import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
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
import { flatten } from "./flatten.ts";
import type { Candidate, prove } from "./proof.ts";

const DOMAINS = listed([
  { name: "minimal@1", state: "shut off", kind: "template" },
  { name: "gui@1", state: "shut off", kind: "template" },
]);

const IMAGE = {
  name: "gui@1.qcow2",
  path: `${DIRECTORY}/gui@1.qcow2`,
  backing: `${DIRECTORY}/minimal@1.qcow2`,
};
const IMAGES = volumesListed([{ name: "minimal@1.qcow2" }, IMAGE]);

const GUI = domainNamed("gui@1", {
  metadata: {
    kind: "template",
    recipe: "gui",
    template: "minimal@1",
    packages: 2,
    warmFailure: "it was slow",
  },
  memory: 2 ** 29,
  vcpus: 2,
});

const FOUND: Expected[] = [DOMAINS, dumped(GUI), volumeAt(IMAGE)];

const COPIED: Expected = [
  "virsh vol-create-from default /dev/stdin gui@1.qcow2 --inputpool default",
  { xml: ["<name>gui@2.qcow2</name>", "<mode>0444</mode>"] },
];

const BEGUN: Expected[] = [
  ...FOUND,
  // What a killed build has left.
  DOMAINS,
  ["virsh pool-refresh -- default"],
  ...IMAGES,
  ...IMAGES,
  COPIED,
];

const PROVEN: Expected = [`prove ${DIRECTORY}/gui@2.qcow2`];

const SYNCED: Expected[] = [
  ["virsh pool-dumpxml -- default", {
    stdout: `<pool><target><path>${DIRECTORY}</path></target></pool>`,
  }],
  [`sync --file-system ${DIRECTORY}`],
];

const DELETED: Expected = ["virsh vol-delete --pool default -- gui@2.qcow2"];

/** Flatten with a proof that is one of the expected calls. */
async function flattening(table: Expected[], fails?: Failure) {
  const proven: Candidate[] = [];
  const proving: typeof prove = async ({ virsh }, candidate) => {
    proven.push(candidate);
    await virsh.run(["prove", candidate.path]);
    if (fails) throw fails;
    return 3;
  };
  const name = await withLibvirt(
    table,
    (libvirt) =>
      flatten(libvirt, fakeContext(libvirt.virsh.run), "gui", proving),
  );
  return { name, proven };
}

Deno.test("flatten() publishes one image, once it is proven and on the disk", async () => {
  const { name, proven } = await flattening([
    ...BEGUN,
    PROVEN,
    ...SYNCED,
    ["virsh define /dev/stdin", {
      xml: [
        "<name>gui@2</name>",
        'packages="3"',
        "/gui@2.qcow2",
        "<readonly/>",
      ],
    }],
  ]);
  assertEquals(name, "gui@2");
  assertEquals(proven, [{
    name: "gui@2",
    path: `${DIRECTORY}/gui@2.qcow2`,
    capacity: 2 ** 30,
    type: "qemu",
    memory: 2 ** 29,
    vcpus: 2,
    network: "vms",
  }]);
});

Deno.test("flatten() publishes nothing that does not come up, and leaves nothing", async () => {
  const why = new Failure("failed", "cannot prove gui@2", "it is degraded");
  const failure = await assertRejects(
    () => flattening([...BEGUN, PROVEN, DELETED], why),
    Failure,
  );
  assertEquals(failure, why);
});

Deno.test("flatten() refuses what is one image already", async () => {
  const { exit } = await assertRejects(
    () =>
      flattening([
        DOMAINS,
        dumped(GUI),
        volumeAt({ ...IMAGE, backing: undefined }),
      ]),
    Failure,
    'cannot flatten "gui@1": it is one image already',
  );
  assertEquals(exit, "conflict");
});

Deno.test("flatten() boots nothing in a dry run", async () => {
  const proving = () => Promise.reject(new Error("it was booted"));
  const name = await withLibvirt(
    [
      ...FOUND,
      ...IMAGES,
      ["+ virsh vol-create-from default /dev/stdin gui@1.qcow2 --inputpool default"],
      SYNCED[0]!,
      ["+ sync --file-system /pool"],
      ["+ virsh define /dev/stdin"],
    ],
    (libvirt) => {
      const context = fakeContext(libvirt.virsh.run, { dryRun: true });
      return flatten(libvirt, context, "gui", proving);
    },
    { dryRun: true },
  );
  assertEquals(name, "gui@2");
});
