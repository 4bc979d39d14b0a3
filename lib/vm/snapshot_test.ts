import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { State } from "../libvirt/domain.ts";
import { readDomain } from "../libvirt/domain.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  listed,
  type Table,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { SnapshotRecord } from "../libvirt/metadata.ts";
import { sharedDirectory } from "../libvirt/share_xml.ts";
import {
  createSnapshot,
  deleteSnapshot,
  findSnapshot,
  revertSnapshot,
  snapshotVm,
} from "./snapshot.ts";

const CLEAN: SnapshotRecord = {
  name: "clean",
  created: 1,
  layers: { root: "web.qcow2" },
};

/** The VM, on the layer of that number. */
function web(layer: number, snapshots: SnapshotRecord[] = []) {
  const path = `/pool/web${layer ? `.${layer}` : ""}.qcow2`;
  return domainNamed("web", {
    metadata: { kind: "appvm", template: "gui@1", snapshots },
    disks: [{ path, serial: "root" }],
  });
}

const kept = (...given: Parameters<typeof web>) =>
  dumped(web(...given), "--inactive");

const BASE = { name: "web.qcow2", backing: "/pool/gui@1.qcow2" };
const TOP = { name: "web.1.qcow2", backing: "/pool/web.qcow2" };
const REFRESHED: Expected = ["virsh pool-refresh -- default"];

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

function made(name: string, backing: string): Expected {
  const xml = [`<name>${name}</name>`, `<path>${backing}</path>`];
  return ["virsh vol-create -- default /dev/stdin", { xml }];
}

/** Do something with the VM as it is kept, in that state. */
function snapshots(
  at: Parameters<typeof web>,
  state: State,
  table: Table,
  work: (
    connection: Connection,
    vm: { domain: ReturnType<typeof readDomain>; state: State },
  ) => Promise<void>,
) {
  const [, { stdout = "" } = {}] = kept(...at);
  const vm = { domain: readDomain(stdout), state };
  return withLibvirt(table, (libvirt) => work(libvirt, vm));
}

const UNSAVED: Expected = ["virsh managedsave-dumpxml -- web", {
  error: "no managed save",
}];

Deno.test("createSnapshot() of a VM that is off freezes its disk, then writes it down", () =>
  snapshots([0], "shut off", [
    ...volumesListed([BASE]),
    UNSAVED,
    made("web.1.qcow2", "/pool/web.qcow2"),
    ["virsh define /dev/stdin", { xml: ["file='/pool/web.1.qcow2'"] }],
    kept(1),
    ["virsh define /dev/stdin", {
      xml: ["file='/pool/web.1.qcow2'", 'name="clean"', 'volume="web.qcow2"'],
    }],
  ], (libvirt, vm) => createSnapshot(libvirt, vm, "clean", { memory: false })));

Deno.test("createSnapshot() that cannot be written down gives the VM its disk back", () =>
  assertRejects(
    () =>
      snapshots(
        [0],
        "shut off",
        [
          ...volumesListed([BASE]),
          UNSAVED,
          made("web.1.qcow2", "/pool/web.qcow2"),
          ["virsh define /dev/stdin"],
          kept(1),
          ["virsh define /dev/stdin", { error: "no memory" }],
          ["virsh define /dev/stdin", { xml: ["file='/pool/web.qcow2'"] }],
          deleted("web.1.qcow2"),
        ],
        (libvirt, vm) =>
          createSnapshot(libvirt, vm, "clean", { memory: false }),
      ),
    Failure,
    "no memory",
  ).then(() => {}));

Deno.test("createSnapshot() of a VM that runs asks libvirt for all at one moment", () =>
  snapshots([0], "running", [
    dumped(web(0)),
    ...volumesListed([BASE]),
    [
      "virsh snapshot-create-as web --no-metadata --atomic " +
      "--memspec snapshot=external,file=/pool/web.memory.clean " +
      "--diskspec vda,snapshot=external,file=/pool/web.1.qcow2",
    ],
    REFRESHED,
    kept(1),
    ["virsh define /dev/stdin", { xml: ['memory="web.memory.clean"'] }],
  ], (libvirt, vm) => createSnapshot(libvirt, vm, "clean", { memory: true })));

/** The VM as it runs, with a folder of the host at that tag. */
function sharing(tag: string): Expected {
  const [line, { stdout = "" } = {}] = dumped(web(0));
  const device = sharedDirectory({ tag, directory: "/tmp" });
  return [line, { stdout: stdout.replace("</devices>", `${device}$&`) }];
}

async function refused(tag: string, detach: boolean) {
  return await assertRejects(
    () =>
      snapshots(
        [0],
        "running",
        [sharing(tag)],
        (libvirt, vm) =>
          createSnapshot(libvirt, vm, "clean", { memory: true, detach }),
      ),
    Failure,
  );
}

Deno.test("createSnapshot() with memory says how it is made though there are shares", async () => {
  const { exit, why, hint } = await refused("/mnt/a", false);
  assertEquals([exit, why], [
    "conflict",
    "folders of the host are open in it: /mnt/a; " +
    "without --memory a snapshot can be made",
  ]);
  assertEquals(hint, "vms-snapshot create --memory --detach web clean");
});

Deno.test("createSnapshot() cannot take the package cache away, only a new start can", async () => {
  const { exit, hint } = await refused("pkg-shared", true);
  assertEquals([exit, hint], ["conflict", "vms-stop web && vms-start web"]);
});

Deno.test("createSnapshot() with memory takes shares away first", async () => {
  const asked = "virsh qemu-agent-command --timeout 30 -- web " +
    '{"execute":"guest-exec","arguments":{"path":"/usr/bin/mountpoint",' +
    '"arg":["-q","--","/mnt/a"],"capture-output":true}}';
  const list = { name: "web", kind: "appvm", template: "gui@1" } as const;
  await assertRejects(
    () =>
      snapshots([0], "running", [
        sharing("/mnt/a"),
        ...volumesListed([BASE]),
        listed([{ ...list, state: "running" }]),
        kept(0),
        sharing("/mnt/a"),
        [asked, { error: "agent is not connected" }],
      ], (libvirt, vm) =>
        createSnapshot(libvirt, vm, "clean", { memory: true, detach: true })),
    Failure,
    "agent is not connected",
  );
});

Deno.test("createSnapshot() refuses a name that there is, and memory of what is off", async () => {
  for (const [name, memory] of [["clean", false], ["new", true]] as const) {
    const failure = await assertRejects(
      () =>
        snapshots(
          [1, [CLEAN]],
          "shut off",
          [],
          (libvirt, vm) => createSnapshot(libvirt, vm, name, { memory }),
        ),
      Failure,
    );
    assertEquals(failure.exit, "conflict");
  }
});

const NEW_LAYER = made("web.2.qcow2", "/pool/web.qcow2");

const reverted = (path: string): Expected => ["virsh define /dev/stdin", {
  xml: [`file='${path}'`],
}];

/** What only the layer it left needs. */
const SWEPT: Expected[] = [
  REFRESHED,
  kept(2, [CLEAN]),
  ...volumesListed([BASE, TOP, { ...TOP, name: "web.2.qcow2" }]),
  deleted("web.1.qcow2"),
];

Deno.test("revertSnapshot() drops what the VM had since when it is on a new layer", () =>
  snapshots([1, [CLEAN]], "running", [
    ...volumesListed([BASE, TOP]),
    NEW_LAYER,
    ["virsh destroy -- web"],
    reverted("/pool/web.2.qcow2"),
    ...SWEPT,
  ], (libvirt, vm) => revertSnapshot(libvirt, vm, CLEAN)));

Deno.test("revertSnapshot() that fails leaves the VM what it had", () =>
  assertRejects(
    () =>
      snapshots([1, [CLEAN]], "shut off", [
        UNSAVED,
        ...volumesListed([BASE, TOP]),
        NEW_LAYER,
        ["virsh define /dev/stdin", { error: "no memory" }],
        deleted("web.2.qcow2"),
      ], (libvirt, vm) => revertSnapshot(libvirt, vm, CLEAN)),
    Failure,
    "no memory",
  ).then(() => {}));

Deno.test("revertSnapshot() says that a frozen image is gone before the VM is ended", async () => {
  const failure = await assertRejects(
    () =>
      snapshots(
        [1, [CLEAN]],
        "running",
        volumesListed([TOP]),
        (libvirt, vm) => revertSnapshot(libvirt, vm, CLEAN),
      ),
    Failure,
  );
  assertEquals(failure.why, "the image web.qcow2 is gone");
});

Deno.test("revertSnapshot() refuses a VM that virsh saved: it goes on with its layers", () =>
  assertRejects(
    () =>
      snapshots(
        [1, [CLEAN]],
        "shut off",
        [["virsh managedsave-dumpxml -- web", { stdout: "<domain/>" }]],
        (libvirt, vm) => revertSnapshot(libvirt, vm, CLEAN),
      ),
    Failure,
    "virsh has saved",
  ).then(() => {}));

const WARM: SnapshotRecord = { ...CLEAN, memory: "web.memory.clean" };

const POOL: Expected = ["virsh pool-dumpxml -- default", {
  stdout: "<pool><target><path>/pool</path></target></pool>",
}];

/** Both are looked at while the VM still runs. */
const READ: Expected[] = [
  ...volumesListed([BASE, TOP]),
  POOL,
  ["virsh save-image-dumpxml /pool/web.memory.clean", {
    stdout: kept(0)[1]!.stdout,
  }],
];

const RESTORE =
  "virsh restore /pool/web.memory.clean --xml /dev/stdin --running";

const revertWarm = (table: Table) =>
  snapshots(
    [1, [WARM]],
    "running",
    table,
    (libvirt, vm) => revertSnapshot(libvirt, vm, WARM),
  );

Deno.test("revertSnapshot() deletes the present state when the memory runs", () =>
  revertWarm([
    ...READ,
    NEW_LAYER,
    ["virsh destroy -- web"],
    reverted("/pool/web.2.qcow2"),
    [RESTORE, { xml: ["file='/pool/web.2.qcow2'"] }],
    ...SWEPT,
  ]));

Deno.test("revertSnapshot() changes nothing where the memory is lost", async () => {
  const gone: Expected = [READ.at(-1)![0], { error: "No such file" }];
  const failure = await assertRejects(
    () => revertWarm([...READ.slice(0, -1), gone]),
    Failure,
  );
  assertEquals(failure.why, "its memory cannot be read: No such file");
});

Deno.test("revertSnapshot() keeps the present state where QEMU does not take the memory", () =>
  assertRejects(
    () =>
      revertWarm([
        ...READ,
        NEW_LAYER,
        ["virsh destroy -- web"],
        reverted("/pool/web.2.qcow2"),
        [RESTORE, { error: "unknown section" }],
        reverted("/pool/web.1.qcow2"),
        deleted("web.2.qcow2"),
      ]),
    Failure,
    "has the disks that it had",
  ).then(() => {}));

/** Its record goes first, and its layer where nothing rests on that. */
function forgotten(layer: number, left: SnapshotRecord[], images: Image[]) {
  return [
    kept(layer, [CLEAN, ...left]),
    ["virsh define /dev/stdin", { xml: [`file='/pool/web.${layer}.qcow2'`] }],
    REFRESHED,
    kept(layer, left),
    ...volumesListed(images),
    ...volumesListed(images),
    kept(layer, left),
  ] as Expected[];
}

type Image = Parameters<typeof volumesListed>[0][number];

Deno.test("deleteSnapshot() forgets it, and merges its layer by a QEMU that runs no guest", () =>
  snapshots([1, [CLEAN]], "shut off", [
    ...forgotten(1, [], [BASE, TOP]),
    UNSAVED,
    ["virsh start --paused web"],
    [
      "virsh blockcommit web vda --base /pool/web.qcow2 --active --pivot --wait",
    ],
    REFRESHED,
    deleted("web.1.qcow2"),
    ["virsh destroy -- web"],
  ], (libvirt, vm) => deleteSnapshot(libvirt, vm, CLEAN)));

const LATER: SnapshotRecord = {
  name: "later",
  created: 2,
  layers: { root: "web.1.qcow2" },
};

const NEWEST = { name: "web.2.qcow2", backing: "/pool/web.1.qcow2" };

const COMMITTED: Expected[] = [
  ...forgotten(2, [LATER], [BASE, TOP, NEWEST]),
  [
    "virsh blockcommit web vda --base /pool/web.qcow2 " +
    "--top /pool/web.1.qcow2 --wait",
  ],
  kept(2, [LATER]),
];

Deno.test("deleteSnapshot() writes down where a later one is, then deletes its old layer", () =>
  snapshots([2, [CLEAN, LATER]], "running", [
    ...COMMITTED,
    ["virsh define /dev/stdin", {
      xml: ['name="later"', 'volume="web.qcow2"'],
    }],
    REFRESHED,
    deleted("web.1.qcow2"),
  ], (libvirt, vm) => deleteSnapshot(libvirt, vm, CLEAN)));

Deno.test("deleteSnapshot() leaves the layer that a record still names", () =>
  assertRejects(
    () =>
      snapshots([2, [CLEAN, LATER]], "running", [
        ...COMMITTED,
        ["virsh define /dev/stdin", { error: "no memory" }],
      ], (libvirt, vm) => deleteSnapshot(libvirt, vm, CLEAN)),
    Failure,
    "no memory",
  ).then(() => {}));

Deno.test("snapshotVm() takes AppVMs alone, and findSnapshot() what there is", async () => {
  const vm = { name: "web", state: "shut off", template: "gui@1" } as const;
  await withLibvirt([kept(1, [CLEAN])], async (libvirt) => {
    const list = [{ ...vm, kind: "appvm" } as const];
    const { domain } = await snapshotVm(libvirt, list, "web");
    assertEquals(findSnapshot(domain, "clean").layers, CLEAN.layers);
    assertThrows(() => findSnapshot(domain, "other"), Failure);
    const disposable = [{ ...vm, kind: "disposable" } as const];
    await assertRejects(() => snapshotVm(libvirt, disposable, "web"), Failure);
  });
});
