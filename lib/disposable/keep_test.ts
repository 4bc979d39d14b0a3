import { assertRejects, assertThrows } from "@std/assert";
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

/** Its data is where it is to be, and nothing of it is deleted yet. */
const COPIED: Expected[] = [
  dumped(DOMAIN),
  volumeAt(LAYER),
  POOL,
  listed([RUNNING]),
  listed([RUNNING]),
  [SHUTDOWN],
  listed([OFF]),
  volumeNamed(LAYER),
  ["virsh vol-create -- default /dev/stdin", {
    xml: ["<name>bank.qcow2</name>", ">4096</capacity>", 'type="raw"'],
  }],
  [DOWNLOAD, { stdout: "x".repeat(4096) }],
  [UPLOAD],
  ["virsh pool-refresh -- default"],
  ["virsh vol-create -- default /dev/stdin", {
    xml: ["<name>bank.home.qcow2</name>"],
  }],
  ["virsh nwfilter-dumpxml vms-disp-4821", {
    error: "no nwfilter with matching name",
  }],
  POOL,
  ["sync --file-system /pool"],
];

const DROPPED: Expected[] = [
  ["virsh pool-refresh -- default"],
  ["virsh vol-delete --pool default -- disp-4821.qcow2"],
  ["virsh vol-delete --pool default -- disp-4821.nvram.fd"],
  ["virsh vol-delete --pool default -- disp-4821.credentials"],
  ["virsh nwfilter-undefine vms-disp-4821"],
  ["secret-tool clear service vms vm disp-4821 uri local"],
];

function keeping(table: Expected[], options: FakeOptions = {}) {
  const how = { timeout: 60 };
  return withLibvirt(
    table,
    (libvirt) => keep(libvirt, "disp-4821", "bank", how),
    options,
  );
}

Deno.test("keep() defines the AppVM before anything of the disposable goes", () =>
  keeping([
    ...COPIED,
    ["virsh define /dev/stdin", {
      xml: [
        "<name>bank</name>",
        'kind="appvm"',
        "/pool/bank.qcow2",
        "/pool/bank.home.qcow2",
      ],
    }],
    [
      "virsh undefine --keep-nvram --managed-save --snapshots-metadata -- disp-4821",
    ],
    ...DROPPED,
  ]));

Deno.test("keep() stops nothing where there is no room for it", () =>
  assertRejects(
    () => keeping([dumped(DOMAIN), volumeAt(LAYER), poolWith(1)]),
    Failure,
    "are free",
  ));

Deno.test("keep() that fails leaves what the disposable wrote", async () => {
  await assertRejects(
    () =>
      keeping([
        ...COPIED,
        ["virsh define /dev/stdin", { error: "no memory" }],
        ["virsh nwfilter-undefine vms-bank"],
        ["virsh vol-delete --pool default -- bank.qcow2"],
        ["virsh vol-delete --pool default -- bank.home.qcow2"],
      ]),
    Failure,
    "no memory",
  );
});

Deno.test("keep() in a dry run prints all it would do, and waits for nothing", () =>
  keeping([
    dumped(DOMAIN),
    volumeAt(LAYER),
    POOL,
    listed([RUNNING]),
    listed([RUNNING]),
    [`+ ${SHUTDOWN}`],
    volumeNamed(LAYER),
    ["+ virsh vol-create -- default /dev/stdin", { xml: ["bank.qcow2"] }],
    [`+ ${DOWNLOAD} | head -c 4096 | ${UPLOAD}`],
    ["+ virsh vol-create -- default /dev/stdin", { xml: ["bank.home.qcow2"] }],
    ["virsh nwfilter-dumpxml vms-disp-4821", {
      error: "no nwfilter with matching name",
    }],
    POOL,
    ["+ sync --file-system /pool"],
    ["+ virsh define /dev/stdin", { xml: ["<name>bank</name>"] }],
    [
      "+ virsh undefine --keep-nvram --managed-save --snapshots-metadata -- disp-4821",
    ],
    ...DROPPED.map(([line]): Expected => [`+ ${line}`]),
  ], { dryRun: true }));

Deno.test("checkKeepable() takes a disposable that runs, and a free name", () => {
  checkKeepable([RUNNING], "disp-4821", "bank");
  for (
    const [list, name] of [
      [[OFF], "bank"],
      [[{ ...RUNNING, kind: "appvm" }], "bank"],
      [[RUNNING, { name: "bank", state: "shut off", kind: "appvm" }], "bank"],
    ] as [Listed[], string][]
  ) assertThrows(() => checkKeepable(list, "disp-4821", name), Failure);
});
