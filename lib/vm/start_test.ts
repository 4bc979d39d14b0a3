import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  type Table,
  volumeAt,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { start, startable } from "./start.ts";

const LIST: Listed[] = [
  { name: "gui@2", state: "shut off", kind: "template" },
  { name: "gui@3", state: "shut off", kind: "template" },
  { name: "web", state: "shut off", kind: "appvm", template: "gui@2" },
  { name: "once", state: "shut off", kind: "disposable", template: "gui@2" },
  { name: "half", state: "running", kind: "build" },
];

const domain = (name: string) =>
  domainNamed(name, { metadata: { kind: "appvm" } });

/** Rules whose addresses may be out of date. */
function rules(vm: string, template: string): Expected[] {
  return [vm, template].map((
    name,
  ) => [`virsh nwfilter-dumpxml ${name}`, { error: "no nwfilter" }]);
}

const DROPPED: Expected[] = [
  ["virsh pool-refresh -- default"],
  ["virsh vol-delete --pool default -- once.qcow2"],
  ["virsh vol-delete --pool default -- once.nvram.fd"],
];

/** A fresh layer on the newest version, in the place of what there was. */
const FRESH: Expected[] = [
  ...rules("vms-once", "vms.template.gui"),
  dumped(domain("once"), "--inactive"),
  dumped(domainNamed("gui@3", { metadata: { kind: "template" } })),
  volumeAt({ name: "gui@3.qcow2" }),
  ...DROPPED,
  ["virsh vol-create -- default /dev/stdin", {
    xml: ["<name>once.qcow2</name>", "<path>/pool/gui@3.qcow2</path>"],
  }],
];

function starting(name: string, table: Table, shares = false) {
  const given = shares ? [{ tag: "pkg-vm", directory: "/pkg/web" }] : [];
  return withLibvirt(table, (libvirt) => start(libvirt, LIST, name, given));
}

Deno.test("start() starts an AppVM from its own disks", () =>
  starting("web", [
    ...rules("vms-web", "vms.template.gui"),
    dumped(domain("web"), "--inactive"),
    ["virsh start -- web"],
  ]));

Deno.test("start() gives shares for this once: the kept domain has none", () =>
  starting("web", [
    ...rules("vms-web", "vms.template.gui"),
    dumped(domain("web"), "--inactive"),
    ["virsh managedsave-dumpxml -- web", { error: "no managed save" }],
    dumped(domain("web"), "--inactive"),
    ["virsh create /dev/stdin", { xml: ["/pkg/web", "pkg-vm", "memfd"] }],
  ], true));

Deno.test("start() of a disposable boots on a new layer, whatever was there or was saved", () =>
  starting("once", [...FRESH, ["virsh start --force-boot -- once"]]));

Deno.test("start() of a disposable that fails says why, and leaves no layer", async () => {
  const failure = await assertRejects(
    () =>
      starting("once", [
        ...FRESH,
        ["virsh start --force-boot -- once", { error: "no memory" }],
        {
          meanwhile: [
            [dumped(domain("once"), "--inactive")],
            volumesListed([{ name: "once.qcow2" }]),
          ],
        },
        ["virsh managedsave-dumpxml -- once", { error: "no saved state" }],
        ...DROPPED,
      ]),
    Failure,
  );
  assertEquals(failure.message, 'cannot start "once": no memory');
});

/** Why a VM does not start whose disk rests on that image. */
async function restingOn(backing: string, ...then: Expected[]) {
  const table: Table = [
    ...rules("vms-web", "vms.template.gui"),
    dumped(domain("web"), "--inactive"),
    ["virsh start -- web", { error: "Cannot access backing file" }],
    {
      meanwhile: [
        [dumped(domain("web"), "--inactive")],
        volumesListed([{ name: "web.qcow2", backing }]),
      ],
    },
    ...then,
  ];
  return await assertRejects(() => starting("web", table), Failure);
}

Deno.test("start() says which image is gone", async () => {
  const { message } = await restingOn("/pool/gui@2.qcow2");
  assertEquals(
    message,
    'cannot start "web": an image it rests on is gone: /pool/gui@2.qcow2',
  );
});

Deno.test("start() says of no image outside the pool that it is gone", async () => {
  const path = await Deno.makeTempFile();
  try {
    const asked = "virsh managedsave-dumpxml -- web";
    const { message } = await restingOn(path, [asked, { error: "none" }]);
    assertEquals(message, 'cannot start "web": Cannot access backing file');
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("start() ends first what a fork left that was killed", () =>
  starting("half", [
    ["virsh destroy -- half"],
    ...rules("vms-half", "vms.nat"),
    dumped(domain("half"), "--inactive"),
    ["virsh start -- half"],
  ]));

Deno.test("startable() refuses what cannot be started, and knows what runs", () => {
  const [, template, off, once, half] = LIST as [
    Listed,
    Listed,
    Listed,
    Listed,
    Listed,
  ];
  assertEquals([off, once, half].map(startable), [true, true, true]);
  assertEquals(startable({ ...off, state: "running" }), false);
  for (
    const one of [
      template,
      { ...off, state: "paused" },
      { ...off, state: "in shutdown" },
      { ...half, name: "gui@build" },
    ] as Listed[]
  ) assertThrows(() => startable(one), Failure);
});
