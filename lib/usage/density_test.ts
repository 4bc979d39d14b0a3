import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { ProcessMemory } from "../host/process_memory.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun } from "../process/fake_run.ts";
import { densityOf, measureDensity } from "./density.ts";

const MIB = 2 ** 20;

function xml(
  given: { sharedMemory?: boolean; memoryFile?: DomainSpec["memoryFile"] } = {},
) {
  return domainXml({
    name: "web",
    uuid: "6f0a1a9c-0f1b-4c39-9d2c-6d3f0a0b9a01",
    metadata: { kind: "appvm", template: "gui@3" },
    type: "qemu",
    memory: 1024 * MIB,
    vcpus: 1,
    disks: [],
    onReboot: "restart",
    ...given,
  });
}

const VM = {
  name: "web",
  state: "running",
  kind: "appvm",
  template: "gui@3",
} as const;
const STATS = {
  name: "web",
  disks: [{ target: "vda", allocation: 9 }, { target: "vdb", allocation: 1 }],
  resident: 500 * MIB,
  memory: 512 * MIB,
  memoryMax: 1024 * MIB,
};
const STATUS: ProcessMemory = {
  resident: 400 * MIB,
  anonymous: 300 * MIB,
  shmem: 50 * MIB,
  swapped: 4 * MIB,
};
const PAGES: ProcessMemory = {
  ...STATUS,
  pages: {
    proportional: 290 * MIB,
    proportionalAnonymous: 200 * MIB,
    proportionalSwapped: 3 * MIB,
    shared: 120 * MIB,
    private: 280 * MIB,
    merged: 110 * MIB,
  },
};

Deno.test("densityOf() takes all that a root may see", () => {
  const known = { vm: VM, stats: STATS, memory: PAGES, xml: xml() };
  assertEquals(densityOf(known), {
    name: "web",
    state: "running",
    kind: "appvm",
    template: "gui@3",
    source: "pages",
    ram: "private",
    ramFile: null,
    memoryBytes: 512 * MIB,
    memoryMaxBytes: 1024 * MIB,
    residentBytes: 400 * MIB,
    proportionalBytes: 290 * MIB,
    sharedBytes: 120 * MIB,
    privateBytes: 280 * MIB,
    swappedBytes: 4 * MIB,
    ksmBytes: 110 * MIB,
    ownBytes: 253 * MIB,
    diskBytes: 10,
  });
});

Deno.test("densityOf() says what others can see, and null for the rest", () => {
  const seen = (memory?: ProcessMemory) => {
    const found = densityOf({ vm: VM, stats: STATS, memory, xml: xml() });
    const { source, residentBytes, ownBytes, swappedBytes } = found;
    assertEquals([found.proportionalBytes, found.ksmBytes], [null, null]);
    return [source, residentBytes, ownBytes, swappedBytes];
  };
  assertEquals(seen(STATUS), ["status", 400 * MIB, 354 * MIB, 4 * MIB]);
  assertEquals(seen(), ["libvirt", 500 * MIB, null, null]);
});

Deno.test("densityOf() tells private, shared and forked RAM apart", () => {
  const ram = (given: Parameters<typeof xml>[0]) => {
    const found = densityOf({ vm: VM, memory: STATUS, xml: xml(given) });
    return [found.ram, found.ramFile, found.ownBytes! / MIB];
  };
  const path = "/pool/gui@3.warm-0a1b2c3d.mem";
  assertEquals(ram({}), ["private", null, 354]);
  assertEquals(ram({ sharedMemory: true }), ["shared", null, 354]);
  assertEquals(ram({ memoryFile: { path, shared: true } }), [
    "shared",
    null,
    354,
  ]);
  // Pages of the file are not the fork's own, also on a tmpfs.
  assertEquals(ram({ memoryFile: { path, shared: false } }), [
    "forked",
    path,
    304,
  ]);
});

Deno.test("measureDensity() refuses VMs of another machine", async () => {
  using run = fakeRun([]);
  const refusal = async (uri: string) => {
    const virsh = new Virsh(run, uri);
    const work = () => measureDensity(virsh, []);
    const error = await assertRejects(work, Failure);
    assertEquals(error.exit, "host");
    const why = "cannot measure memory: the VMs run on another machine";
    assertEquals(error.message, why);
    return error.hint;
  };
  assertEquals(
    await refusal("qemu+ssh://me@far.example/system"),
    "ssh me@far.example vms-density",
  );
  assertEquals(await refusal("qemu+ssh://far;x/system"), undefined);
  assertEquals(await refusal("qemu+tls://far/system"), undefined);
});

const URI = "qemu:///system";
const ASKED = [
  "list --all --title",
  "domstats --raw --nowait --balloon --block",
]
  .map((line) => `${line}; echo =ID=; echo --err =ID=`).join("; ");
const LISTED = [
  " Id   Name   State      Title",
  "-------------------------------------",
  " 1    a      running    appvm on gui@3",
  " -    off    shut off   appvm on gui@3",
  " -    they   shut off   ",
].join("\n");

Deno.test("measureDensity() checks all names before it looks at any", async () => {
  const expected = {
    gone: ["missing", 'cannot find "gone": no VM has that name'],
    off: ["conflict", 'cannot measure "off": it is off'],
    they: ["conflict", 'cannot work on "they": vms did not make that VM'],
  };
  for (const [name, wanted] of Object.entries(expected)) {
    using run = fakeRun([[`virsh -c ${URI} ${ASKED}`, {
      stdout: `${LISTED}\n=ID=\n\n=ID=\n`,
      stderr: "error: =ID=\nerror: =ID=\n",
    }]]);
    const work = () => measureDensity(new Virsh(run, URI), ["a", name]);
    const error = await assertRejects(work, Failure);
    assertEquals([error.exit, error.message], wanted);
  }
});
