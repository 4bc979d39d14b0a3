import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  type FakeOptions,
  type Meanwhile,
  type Table,
  volumeAt,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { clone, type CloneOptions } from "./clone.ts";

const LIST: Listed[] = [
  { name: "gui@3", state: "shut off", kind: "template" },
  { name: "old", state: "shut off", kind: "appvm", template: "gui@3" },
];

const TEMPLATE = domainNamed("gui@3", {
  metadata: { kind: "template", user: "me" },
});

const OLD = domainNamed("old", {
  metadata: { kind: "appvm", template: "gui@3", user: "me" },
  disks: [
    { path: "/pool/old.qcow2", serial: "root" },
    { path: "/pool/old.home.qcow2", serial: "home" },
  ],
});

const KVM: Expected[] = [
  ["stat --format=%n /sys/module/kvm_intel /sys/module/kvm_amd", {
    stdout: "/sys/module/kvm_amd\n",
  }],
  ["virsh capabilities", { stdout: "<domain type='kvm'/>" }],
];

const POOL: Expected = ["virsh pool-dumpxml -- default", {
  stdout: `<pool><capacity>${2 ** 40}</capacity></pool>`,
}];

/** What is looked at before anything is made of a template. */
const SEEN: Meanwhile = {
  meanwhile: [KVM, [dumped(TEMPLATE), volumeAt({ name: "gui@3.qcow2" })]],
};

const noRules = (vm: string): Expected => [`virsh nwfilter-dumpxml vms-${vm}`, {
  error: "no nwfilter with matching name",
}];

function made(name: string, backing: string, given = {}): Expected {
  const path = `<path>${backing}</path>`;
  const xml = [`<name>${name}</name>`, path];
  return ["virsh vol-create -- default /dev/stdin", { xml, ...given }];
}

function madeHome(name: string, given = {}): Expected {
  const xml = [`<name>${name}</name>`];
  return ["virsh vol-create -- default /dev/stdin", { xml, ...given }];
}

function defined(name: string, given = {}): Expected {
  return ["virsh define /dev/stdin", {
    xml: [`<name>${name}</name>`, `/pool/${name}.qcow2`],
    ...given,
  }];
}

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

const undefined_ = (name: string): Expected => [
  `virsh undefine --keep-nvram --managed-save --snapshots-metadata -- ${name}`,
];

function cloning(
  table: Table,
  source: string,
  names: string[],
  options: CloneOptions = {},
  fake: FakeOptions = {},
) {
  const how = { network: "none", ...options };
  return withLibvirt(
    table,
    (libvirt) =>
      clone(libvirt, fakeContext(libvirt.virsh.run), LIST, source, names, how),
    fake,
  );
}

Deno.test("clone() makes layers on the version, and then the VMs", async () => {
  const vms = await cloning(
    [
      SEEN,
      ...["a", "b"].map(noRules),
      made("a.qcow2", "/pool/gui@3.qcow2"),
      madeHome("a.home.qcow2"),
      made("b.qcow2", "/pool/gui@3.qcow2"),
      madeHome("b.home.qcow2"),
      defined("a"),
      defined("b"),
    ],
    "gui",
    ["a", "b"],
  );
  assertEquals(vms.map(({ name, type }) => [name, type]), [
    ["a", "kvm"],
    ["b", "kvm"],
  ]);
  assertEquals(vms[0]!.metadata.template, "gui@3");
  assertEquals(vms[0]!.uuid === vms[1]!.uuid, false);
});

Deno.test("clone() forgets rules of a VM of that name that virsh removed", async () => {
  await cloning(
    [
      SEEN,
      ["virsh nwfilter-dumpxml vms-d", {
        stdout: "<filter name='vms-d' chain='root'><uuid>u</uuid></filter>",
      }],
      ["virsh nwfilter-undefine vms-d"],
      defined("d"),
    ],
    "gui",
    ["d"],
    { disposable: true },
  );
});

Deno.test("clone() that cannot make all disks takes back those it made", async () => {
  const failure = await assertRejects(
    () =>
      cloning(
        [
          SEEN,
          noRules("a"),
          made("a.qcow2", "/pool/gui@3.qcow2"),
          madeHome("a.home.qcow2", { error: "No space left on device" }),
          deleted("a.qcow2"),
        ],
        "gui",
        ["a"],
      ),
    Failure,
  );
  assertEquals(
    failure.message,
    'cannot make the disk "a.home.qcow2": No space left on device',
  );
});

Deno.test("clone() that cannot define all VMs leaves none, and no disk", async () => {
  await assertRejects(
    () =>
      cloning(
        [
          SEEN,
          ...["a", "b"].map(noRules),
          made("a.qcow2", "/pool/gui@3.qcow2"),
          madeHome("a.home.qcow2"),
          made("b.qcow2", "/pool/gui@3.qcow2"),
          madeHome("b.home.qcow2"),
          defined("a"),
          defined("b", { error: "domain 'b' already exists" }),
          undefined_("a"),
          ...["a.qcow2", "a.home.qcow2", "b.qcow2", "b.home.qcow2"]
            .map(deleted),
        ],
        "gui",
        ["a", "b"],
      ),
    Failure,
    "already exists",
  );
});

Deno.test("clone() of a disposable makes no disk: each start does", async () => {
  await cloning([SEEN, noRules("d"), defined("d")], "gui", ["d"], {
    disposable: true,
  });
});

Deno.test("clone() of a disposable has no sizes to choose", async () => {
  const cases = [
    [{ disk: 2 ** 40 }, "its disk is the template's, made anew at each start"],
    [{ homeSize: 2 ** 40 }, "it has no home disk"],
  ] as const;
  for (const [sizes, why] of cases) {
    const options = { disposable: true, ...sizes };
    const failure = await assertRejects(
      () => cloning([], "gui", ["d"], options),
      Failure,
    );
    assertEquals([failure.exit, failure.why], ["usage", why]);
  }
});

Deno.test("clone() refuses a smaller disk before anything is made", () =>
  assertRejects(
    () =>
      cloning(
        [
          POOL,
          SEEN,
        ],
        "gui",
        ["a"],
        { disk: 2 ** 20 },
      ),
    Failure,
    "a clone's disk is not smaller",
  ));

const REDEFINED: Expected = ["virsh define /dev/stdin", {
  xml: [
    "<name>old</name>",
    "file='/pool/old.1.qcow2'",
    "file='/pool/old.home.1.qcow2'",
  ],
}];

/** What is looked at before anything of an AppVM is changed. */
const LOOKED: Expected[] = [
  dumped(OLD, "--inactive"),
  ...volumesListed([
    { name: "gui@3.qcow2" },
    { name: "old.qcow2", backing: "/pool/gui@3.qcow2" },
    { name: "old.home.qcow2" },
  ]),
];

/** Its disks become bases, last of all: it goes on in layers on them. */
const FROZEN: Table = [
  { meanwhile: [KVM, LOOKED] },
  noRules("new"),
  noRules("old"),
  ["virsh managedsave-dumpxml -- old", { error: "no managed save" }],
  made("old.1.qcow2", "/pool/old.qcow2"),
  made("old.home.1.qcow2", "/pool/old.home.qcow2"),
  REDEFINED,
];

Deno.test("clone() of an AppVM freezes it first, and rests on the same bases", async () => {
  await cloning(
    [
      ...FROZEN,
      made("new.qcow2", "/pool/old.qcow2"),
      made("new.home.qcow2", "/pool/old.home.qcow2"),
      defined("new"),
    ],
    "old",
    ["new"],
  );
});

const TAKEN_BACK: Expected = ["virsh nwfilter-undefine vms-new"];

Deno.test("clone() of an AppVM that fails gives it its disks back", () =>
  assertRejects(
    () =>
      cloning(
        [
          ...FROZEN,
          made("new.qcow2", "/pool/old.qcow2", { error: "No space left" }),
          made("new.home.qcow2", "/pool/old.home.qcow2"),
          deleted("new.home.qcow2"),
          ["virsh define /dev/stdin", {
            xml: ["<name>old</name>", "file='/pool/old.qcow2'"],
          }],
          deleted("old.home.1.qcow2"),
          deleted("old.1.qcow2"),
          TAKEN_BACK,
        ],
        "old",
        ["new"],
      ),
    Failure,
    "No space left",
  ));

Deno.test("clone() of an AppVM that virsh saved is refused, and changes nothing", () =>
  assertRejects(
    () =>
      cloning(
        [
          { meanwhile: [KVM, LOOKED] },
          noRules("new"),
          noRules("old"),
          ["virsh managedsave-dumpxml -- old", { stdout: "<domain/>" }],
          TAKEN_BACK,
        ],
        "old",
        ["new"],
      ),
    Failure,
    "virsh has saved",
  ));

for (const option of ["disk", "homeSize"]) {
  Deno.test(`clone() of an AppVM with too small a ${option} freezes nothing`, () =>
    assertRejects(
      () =>
        cloning(
          [POOL, { meanwhile: [KVM, LOOKED] }],
          "old",
          ["new"],
          { [option]: 2 ** 20 },
        ),
      Failure,
      '"old" has 1.0 GiB, and a clone\'s disk is not smaller',
    ));
}

Deno.test("clone() of an AppVM to a network that is not there freezes nothing", () =>
  assertRejects(
    () =>
      cloning(
        [
          { meanwhile: [KVM, LOOKED] },
          ["virsh net-dumpxml gone", { error: "Network not found" }],
        ],
        "old",
        ["new"],
        { network: "gone" },
      ),
    Failure,
    'cannot find the network "gone"',
  ));

Deno.test("clone() of an AppVM that rests on what is gone is refused, and changes nothing", () =>
  assertRejects(
    () =>
      cloning(
        [{
          meanwhile: [KVM, [
            dumped(OLD, "--inactive"),
            ...volumesListed([
              { name: "old.qcow2", backing: "/pool/gone.qcow2" },
              { name: "old.home.qcow2" },
            ]),
          ]],
        }],
        "old",
        ["new"],
      ),
    Failure,
    'cannot clone "old": an image it rests on is gone: /pool/gone.qcow2',
  ));

Deno.test("clone() warns where its VMs will be slow", () =>
  withLibvirt([
    {
      meanwhile: [
        [["stat --format=%n /sys/module/kvm_intel /sys/module/kvm_amd"]],
        SEEN.meanwhile[1]!,
      ],
    },
    noRules("d"),
    defined("d"),
  ], async (libvirt) => {
    const context = fakeContext(libvirt.virsh.run);
    const options = { network: "none", disposable: true };
    await clone(libvirt, context, LIST, "gui", ["d"], options);
    assertEquals(context.said, [
      "warning: no hardware acceleration, so VMs are slow: " +
      "neither kvm_intel nor kvm_amd is loaded",
    ]);
  }));

Deno.test("clone() refuses names that are taken before anything is asked", async () => {
  for (const names of [["old"], ["gui"], ["a", "a"]]) {
    await assertRejects(() => cloning([], "gui", names), Failure);
  }
});

Deno.test("clone() in a dry run prints what it would make", async () => {
  await cloning(
    [
      SEEN,
      noRules("a"),
      ["+ virsh vol-create -- default /dev/stdin", {
        xml: ["<path>/pool/gui@3.qcow2</path>"],
      }],
      ["+ virsh vol-create -- default /dev/stdin", { xml: ["a.home.qcow2"] }],
      ["+ virsh define /dev/stdin", { xml: ["<name>a</name>"] }],
    ],
    "gui",
    ["a"],
    {},
    { dryRun: true },
  );
});
