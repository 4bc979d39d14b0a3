import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  type FakeOptions,
  listed,
  volumeAt,
  volumeNamed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { checkKeepable, keep } from "./keep.ts";

const RUNNING: Listed = {
  name: "disp-4821",
  state: "running",
  kind: "disposable",
  template: "gui@3",
};
const OFF: Listed = { ...RUNNING, state: "shut off" };

const DOMAIN = domainNamed("disp-4821", {
  metadata: { kind: "disposable", template: "gui@3", user: "me" },
});

const LAYER = {
  name: "disp-4821.qcow2",
  backing: "/pool/gui@3.qcow2",
  physical: 4096,
};

const SHUTDOWN = "virsh shutdown --domain disp-4821 --mode agent,acpi";
const DOWNLOAD =
  "virsh vol-download --pool default disp-4821.qcow2 /dev/stdout";
const UPLOAD = "virsh vol-upload --pool default bank.qcow2 /dev/stdin";

const poolWith = (available: number): Expected => [
  "virsh pool-dumpxml -- default",
  {
    stdout: `<pool><capacity>9999999</capacity>` +
      `<available>${available}</available>` +
      `<target><path>/pool</path></target></pool>`,
  },
];
const POOL = poolWith(2 ** 30);

const ASKED: Expected[] = [dumped(DOMAIN), volumeAt(LAYER), POOL];

/** What the AppVM needs besides the data. */
const PREPARED: Expected[] = [
  ["virsh vol-create -- default /dev/stdin", {
    xml: ["<name>bank.home.qcow2</name>"],
  }],
  ["virsh nwfilter-dumpxml vms-bank", {
    error: "no nwfilter with matching name",
  }],
  ["virsh nwfilter-dumpxml vms-disp-4821", {
    error: "no nwfilter with matching name",
  }],
];

const METADATA = "virsh metadata disp-4821 urn:vms:domain:1 --live --key vms " +
  "--set <vm kind=";
const TITLE = "virsh desc --live --title disp-4821";

/** Nobody takes it for a disposable from here on. */
const RELABELED: Expected[] = [
  [`${METADATA}"appvm" template="gui@3" user="me"/>`],
  [`${TITLE} appvm on gui@3`],
];

const ADOPTED: Expected[] = [
  ...RELABELED,
  ["virsh define /dev/stdin", {
    xml: [
      "<name>disp-4821</name>",
      `<uuid>${DOMAIN.uuid}</uuid>`,
      'kind="appvm"',
      "/pool/disp-4821.qcow2",
    ],
  }],
];

const STOPPED: Expected[] = [
  listed([RUNNING]),
  listed([RUNNING]),
  [SHUTDOWN],
  listed([OFF]),
];

const COPIED: Expected[] = [
  volumeNamed(LAYER),
  ["virsh vol-create -- default /dev/stdin", {
    xml: ["<name>bank.qcow2</name>", ">4096</capacity>", 'type="raw"'],
  }],
  [DOWNLOAD, { stdout: "x".repeat(4096) }],
  [UPLOAD],
  ["virsh pool-refresh -- default"],
  POOL,
  ["sync --file-system /pool"],
];

const DEFINED: Expected = ["virsh define /dev/stdin", {
  xml: [
    "<name>bank</name>",
    'kind="appvm"',
    "/pool/bank.qcow2",
    "/pool/bank.home.qcow2",
  ],
}];

/** What was made for the AppVM goes, and nothing else. */
const TAKEN_BACK: Expected[] = [
  ["virsh nwfilter-undefine vms-bank"],
  ["virsh vol-delete --pool default -- bank.home.qcow2"],
];

const DROPPED: Expected[] = [
  [
    "virsh undefine --keep-nvram --managed-save --snapshots-metadata -- disp-4821",
  ],
  ["virsh pool-refresh -- default"],
  ["virsh vol-delete --pool default -- disp-4821.qcow2"],
  ["virsh vol-delete --pool default -- disp-4821.nvram.fd"],
  ["virsh vol-delete --pool default -- disp-4821.credentials"],
  ["virsh nwfilter-undefine vms-disp-4821"],
  ["secret-tool clear service vms vm disp-4821 uri local"],
];

function keeping(
  table: Expected[],
  options: FakeOptions = {},
  homeSize?: number,
) {
  const how = { timeout: 60, homeSize };
  return withLibvirt(
    table,
    (libvirt) => keep(libvirt, "disp-4821", "bank", how),
    options,
  );
}

Deno.test("keep() defines the AppVM before anything of the disposable goes", () =>
  keeping([
    ...ASKED,
    ...PREPARED,
    ...ADOPTED,
    ...STOPPED,
    ...COPIED,
    DEFINED,
    ...DROPPED,
  ]));

Deno.test("keep() stops nothing where there is no room for it", () =>
  assertRejects(
    () => keeping([dumped(DOMAIN), volumeAt(LAYER), poolWith(1)]),
    Failure,
    "are free",
  ));

Deno.test("keep() stops nothing where the home would be larger than the pool", async () => {
  const failure = await assertRejects(
    () => keeping([dumped(DOMAIN), POOL], {}, 2 ** 50),
    Failure,
    'the storage pool "default" has',
  );
  assertEquals(failure.exit, "usage");
});

Deno.test("keep() stops nothing where a secret cannot be made", () =>
  assertRejects(
    () =>
      keeping([
        ...ASKED,
        PREPARED[0]!,
        ["openssl passwd -6 -stdin", { error: "no such program" }],
        TAKEN_BACK[1]!,
      ], { config: (config) => config.passwords.make = true }),
  ).then(() => {}));

Deno.test("keep() leaves a disposable that it cannot make an AppVM", () =>
  assertRejects(
    () =>
      keeping([
        ...ASKED,
        ...PREPARED,
        ...RELABELED,
        ["virsh define /dev/stdin", { error: "no memory" }],
        [`${METADATA}"disposable" template="gui@3" user="me"/>`],
        [`${TITLE} disposable on gui@3`],
        ...TAKEN_BACK,
      ]),
    Failure,
    "no memory",
  ).then(() => {}));

/** What it says that fails in the given way once the disposable is told to stop. */
function failing(...then: Expected[]): Promise<Failure> {
  const table = [...ASKED, ...PREPARED, ...ADOPTED, ...then, ...TAKEN_BACK];
  return assertRejects(() => keeping(table), Failure);
}

const NOT_LOST = 'what it wrote is not lost: "disp-4821" is an AppVM now';

Deno.test("keep() that cannot define the AppVM leaves what the disposable wrote, and says where", async () => {
  const { message, hint } = await failing(
    ...STOPPED,
    ...COPIED,
    ["virsh define /dev/stdin", { error: "no memory" }],
    ["virsh vol-delete --pool default -- bank.qcow2"],
  );
  const what = 'cannot keep "disp-4821" as "bank"';
  assertEquals(message, `${what}: no memory; ${NOT_LOST}`);
  assertEquals(hint, "vms-keep disp-4821 bank");
});

Deno.test("keep() that cannot copy leaves what the disposable wrote", async () => {
  const { why } = await failing(
    ...STOPPED,
    volumeNamed(LAYER),
    ["virsh vol-create -- default /dev/stdin", { error: "no space left" }],
    ["virsh vol-delete --pool default -- bank.qcow2"],
  );
  assertEquals(
    why,
    `cannot copy "disp-4821.qcow2" to "bank.qcow2": no space left; ${NOT_LOST}`,
  );
});

/** What is left by one that failed. */
const LEFT = { ...OFF, kind: "appvm" } as const;
const left = (disks = DOMAIN.disks) =>
  dumped({ ...DOMAIN, metadata: { ...DOMAIN.metadata, kind: "appvm" }, disks });

Deno.test("keep() called again goes on with what one that failed has left", () =>
  keeping([
    left(),
    ["virsh managedsave-dumpxml -- disp-4821", { error: "no managed save" }],
    ...ASKED.slice(1),
    ...PREPARED,
    listed([LEFT]),
    listed([LEFT]),
    ...COPIED,
    DEFINED,
    ...DROPPED,
  ]));

Deno.test("keep() refuses any other AppVM", async () => {
  const home = { path: "/pool/disp-4821.home.qcow2", serial: "home" };
  const later = { path: "/pool/disp-4821.1.qcow2", serial: "root" };
  for (const disks of [[...DOMAIN.disks, home], [later]]) {
    const failure = await assertRejects(() => keeping([left(disks)]), Failure);
    assertEquals(failure.why, "it is an AppVM already");
  }
});

/** As it is printed, to be pasted into a shell. */
const planned = ([line, given]: Expected): Expected => [
  `+ ${line.replace(/<vm .*>|appvm on .*/, "'$&'")}`,
  given,
];

Deno.test("keep() in a dry run prints all it would do, and waits for nothing", () =>
  keeping([
    ...ASKED,
    planned(PREPARED[0]!),
    ...PREPARED.slice(1),
    ...ADOPTED.map(planned),
    ...STOPPED.slice(0, 2),
    [`+ ${SHUTDOWN}`],
    volumeNamed(LAYER),
    ["+ virsh vol-create -- default /dev/stdin", { xml: ["bank.qcow2"] }],
    [`+ ${DOWNLOAD} | head -c 4096 | ${UPLOAD}`],
    POOL,
    ["+ sync --file-system /pool"],
    planned(DEFINED),
    ...DROPPED.map(planned),
  ], { dryRun: true }));

Deno.test("checkKeepable() takes a disposable that runs, one left by half, and a free name", () => {
  checkKeepable([RUNNING], "disp-4821", "bank");
  checkKeepable([LEFT], "disp-4821", "bank");
  for (
    const [list, name] of [
      [[OFF], "bank"],
      [[{ ...RUNNING, kind: "build" }], "bank"],
      [[RUNNING, { name: "bank", state: "shut off", kind: "appvm" }], "bank"],
    ] as [Listed[], string][]
  ) assertThrows(() => checkKeepable(list, "disp-4821", name), Failure);
});
