import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { TargetDisk } from "../install/target_disk.ts";
import {
  type Expected,
  volumeNamed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { Plan } from "./plan.ts";
import { prove } from "./proof.ts";
import { publish } from "./publish.ts";

const GIB = 2 ** 30;
const BUILT = "virsh vol-delete --pool default -- gui@build.qcow2";
const PROOF = "gui@2.proof";

/** What the guest's agent is asked, and its answer. */
function asked(command: object, answer: unknown): Expected {
  const seconds = "execute" in command && command.execute === "guest-ping"
    ? 5
    : 30;
  return [
    `virsh qemu-agent-command --timeout ${seconds} -- ${PROOF} ` +
    JSON.stringify(command),
    { stdout: JSON.stringify({ return: answer }) },
  ];
}

function ran(argv: string[], out: string, code = 0): Expected[] {
  const [path, ...arg] = argv;
  return [
    asked({
      execute: "guest-exec",
      arguments: { path, arg, "capture-output": true },
    }, { pid: 7 }),
    asked({ execute: "guest-exec-status", arguments: { pid: 7 } }, {
      exited: true,
      exitcode: code,
      "out-data": btoa(out),
    }),
  ];
}

const ACCELERATED: Expected[] = [
  ["stat --format=%n /sys/module/kvm_intel /sys/module/kvm_amd", {
    stdout: "/sys/module/kvm_amd\n",
  }],
  ["virsh capabilities", { stdout: "<domain type='kvm'/>" }],
];

/** A throw-away layer is booted on the image. */
const BOOTED: Expected[] = [
  ...ACCELERATED,
  ["virsh vol-create -- default /dev/stdin", {
    xml: [`${PROOF}.qcow2</name>`, "<path>/pool/gui@2.qcow2</path>"],
  }],
  ["virsh create /dev/stdin", { xml: [`<name>${PROOF}</name>`] }],
  asked({ execute: "guest-ping" }, {}),
];

const PROOF_GONE: Expected[] = [
  [`virsh destroy -- ${PROOF}`],
  ["virsh pool-refresh -- default"],
  [`virsh vol-delete --pool default -- ${PROOF}.qcow2`],
  [`virsh vol-delete --pool default -- ${PROOF}.nvram.fd`],
];

/** Where the image must be whole; else the proof is real, and fails. */
const PROVEN: Expected[] = [
  ...ACCELERATED,
  ["prove /pool/gui@2.qcow2"],
];

const SYNCED: Expected[] = [
  ["virsh pool-dumpxml -- default", {
    stdout: "<pool><target><path>/pool</path></target></pool>",
  }],
  ["sync --file-system /pool"],
];

const COPIED: Expected = [
  "virsh vol-create-from default /dev/stdin gui@build.qcow2 --inputpool default",
  { xml: ["<name>gui@2.qcow2</name>", "<mode>0444</mode>"] },
];

function publishing(
  table: Expected[],
  given: Partial<Plan> = {},
  { real = false, keep = false } = {},
) {
  const told: typeof prove = async ({ virsh }, { path }) => {
    await virsh.run(["prove", path]);
    return 3;
  };
  return withLibvirt(table, (libvirt) => {
    const { virsh, pool } = libvirt;
    const disk = { name: "gui@build", capacity: GIB };
    return publish(libvirt, fakeContext(virsh.run), {
      name: "gui@2",
      recipes: [{ name: "gui", path: "/gui.toml", source: "" }],
      directory: "/pool",
      capacity: GIB,
      memory: GIB,
      vcpus: 1,
      user: "me",
      disk: new TargetDisk(virsh, pool, "/pool", disk),
      ...given,
    }, { proving: real ? prove : told, keep });
  });
}

Deno.test("publish() defines what was proven and is on the disk, as the last but one", () =>
  publishing([
    COPIED,
    ...PROVEN,
    ...SYNCED,
    ["virsh define /dev/stdin", {
      xml: [
        "<name>gui@2</name>",
        'kind="template"',
        'packages="3"',
        "/pool/gui@2.qcow2",
        "<readonly/>",
      ],
    }],
    [BUILT],
  ]));

Deno.test("publish() copies a layer byte for byte, so that it rests on its parent", () =>
  publishing([
    volumeNamed({ name: "gui@build.qcow2", physical: 8 }),
    ["virsh vol-create -- default /dev/stdin", {
      xml: ["<name>gui@2.qcow2</name>", 'type="raw"', "<mode>0444</mode>"],
    }],
    ["virsh vol-download --pool default gui@build.qcow2 /dev/stdout", {
      stdout: "12345678",
    }],
    ["virsh vol-upload --pool default gui@2.qcow2 /dev/stdin"],
    ["virsh pool-refresh -- default"],
    ...PROVEN,
    ...SYNCED,
    ["virsh define /dev/stdin", { xml: ['template="minimal@1"'] }],
    [BUILT],
  ], {
    backing: "/pool/minimal@1.qcow2",
    parent: { template: "minimal", version: 1, name: "minimal@1" },
  }));

Deno.test("publish() defines nothing where the proof fails, and leaves nothing", async () => {
  const failure = await assertRejects(
    () =>
      publishing(
        [
          COPIED,
          ...BOOTED,
          ...ran(["systemctl", "is-system-running", "--wait"], "degraded\n", 1),
          ...ran(
            ["systemctl", "--failed", "--plain", "--no-legend"],
            "cups.service loaded failed failed CUPS\n",
          ),
          ...PROOF_GONE,
          ["virsh vol-delete --pool default -- gui@2.qcow2"],
          [BUILT],
        ],
        {},
        { real: true },
      ),
    Failure,
  );
  assertEquals(
    failure.message,
    'cannot prove gui@2: the system is "degraded"; failed units: cups.service',
  );
});

Deno.test("publish() leaves nothing where the version cannot be defined", async () => {
  await assertRejects(
    () =>
      publishing([
        COPIED,
        ...PROVEN,
        ...SYNCED,
        ["virsh define /dev/stdin", { error: "no memory" }],
        ["virsh vol-delete --pool default -- gui@2.qcow2"],
        [BUILT],
      ]),
    Failure,
    "cannot publish gui@2: no memory",
  );
});

Deno.test("publish() keeps the disk where it is told to, and says where it is", () =>
  assertRejects(
    () =>
      publishing(
        [
          COPIED,
          ...PROVEN,
          ...SYNCED,
          ["virsh define /dev/stdin", { error: "no memory" }],
          ["virsh vol-delete --pool default -- gui@2.qcow2"],
        ],
        {},
        { keep: true },
      ),
    Failure,
    "no memory\nthe disk is kept: /pool/gui@build.qcow2, to be looked at: --from cannot go on with it",
  ));
