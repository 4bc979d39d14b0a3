import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  volumeAt,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { SnapshotRecord } from "../libvirt/metadata.ts";
import { rebuild, rebuildTarget } from "./rebuild.ts";

const VERSION = { template: "gui", version: 3, name: "gui@3" };

const SNAPSHOT: SnapshotRecord = {
  name: "before",
  created: 1,
  layers: { root: "web.qcow2", home: "web.home.qcow2" },
};

function web(snapshots: SnapshotRecord[] = []) {
  return domainNamed("web", {
    metadata: { kind: "appvm", template: "gui@2", user: "old", snapshots },
    disks: [
      { path: "/pool/web.1.qcow2", serial: "root" },
      { path: "/pool/web.home.qcow2", serial: "home" },
    ],
  });
}

const UNSAVED: Expected = ["virsh managedsave-dumpxml -- web", {
  error: "no managed save",
}];

const NEWEST = dumped(domainNamed("gui@3", {
  metadata: {
    kind: "template",
    user: "me",
    graphical: true,
    spice: ["clipboard"],
  },
}));

function rebuilding(
  snapshots: SnapshotRecord[],
  then: Expected[],
  others: { name: string; backing: string }[] = [],
) {
  const table = [
    UNSAVED,
    dumped(web(snapshots), "--inactive"),
    ...volumesListed([
      { name: "gui@2.qcow2" },
      { name: "web.qcow2", backing: "/pool/gui@2.qcow2" },
      { name: "web.1.qcow2", backing: "/pool/web.qcow2", capacity: 2 ** 34 },
      { name: "web.home.qcow2" },
      ...others,
    ]),
    NEWEST,
    volumeAt({ name: "gui@3.qcow2" }),
    // As large as it was, although the version is smaller.
    ["virsh vol-create -- default /dev/stdin", {
      xml: [
        "<name>web.2.qcow2</name>",
        `>${2 ** 34}</capacity>`,
        "<path>/pool/gui@3.qcow2</path>",
      ],
    }] as Expected,
    ...then,
  ];
  return withLibvirt(table, (libvirt) => rebuild(libvirt, "web", VERSION));
}

const DEFINED: Expected = ["virsh define /dev/stdin", {
  xml: [
    "file='/pool/web.2.qcow2'",
    "file='/pool/web.home.qcow2'",
    'template="gui@3" user="me" graphical="yes" spice="clipboard"',
  ],
}];

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

Deno.test("rebuild() deletes the old layers when the VM is on the new one, and no home", () =>
  rebuilding([], [DEFINED, deleted("web.1.qcow2"), deleted("web.qcow2")]));

Deno.test("rebuild() that cannot define it leaves the VM as it was", () =>
  assertRejects(
    () =>
      rebuilding([], [
        ["virsh define /dev/stdin", { error: "no memory" }],
        deleted("web.2.qcow2"),
      ]),
    Failure,
    "no memory",
  ).then(() => {}));

Deno.test("rebuild() refuses a VM that virsh saved: it goes on with its layers", () => {
  const saved: Expected = [UNSAVED[0], { stdout: "<domain/>" }];
  return assertRejects(
    () => withLibvirt([saved], (libvirt) => rebuild(libvirt, "web", VERSION)),
    Failure,
    "virsh has saved",
  ).then(() => {});
});

Deno.test("rebuild() refuses a VM whose home lies in the layer that would go", () => {
  const homeless = domainNamed("web", {
    metadata: { kind: "appvm", template: "gui@2" },
  });
  const table = [UNSAVED, dumped(homeless, "--inactive")];
  return assertRejects(
    () => withLibvirt(table, (libvirt) => rebuild(libvirt, "web", VERSION)),
    Failure,
    "no home disk",
  ).then(() => {});
});

Deno.test("rebuild() keeps the layers that a snapshot needs", () =>
  rebuilding([SNAPSHOT], [DEFINED, deleted("web.1.qcow2")]));

Deno.test("rebuild() keeps the layers that another VM rests on", () => {
  const copy = { name: "copy.qcow2", backing: "/pool/web.1.qcow2" };
  return rebuilding([], [DEFINED], [copy]);
});

Deno.test("rebuildTarget() is the newest version of its template, for an AppVM that is off", () => {
  const vm: Listed = {
    name: "web",
    state: "shut off",
    kind: "appvm",
    template: "gui@2",
  };
  const published = ["gui@2", "gui@3", "minimal@9"].map((name): Listed => ({
    name,
    state: "shut off",
    kind: "template",
  }));
  assertEquals(rebuildTarget([vm, ...published], "web").name, "gui@3");
  for (
    const given of [
      { state: "running" },
      { kind: "disposable" },
      { template: undefined },
    ] as Partial<Listed>[]
  ) {
    const list = [{ ...vm, ...given }, ...published];
    assertThrows(() => rebuildTarget(list, "web"), Failure);
  }
});
