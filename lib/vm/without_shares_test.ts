import { assertEquals, assertRejects } from "@std/assert";
import { hiding } from "../../tests/hidden_folder.ts";
import { Failure } from "../command/failure.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  listed,
  type Table,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { type SharedDirectory, sharedDirectory } from "../libvirt/share_xml.ts";
import { Virsh } from "../libvirt/virsh.ts";
import type { Run, RunOptions } from "../process/run.ts";
import { takeAllBack } from "../undo/undo.ts";
import { withoutShares } from "./without_shares.ts";

const DAEMONS = new URL("../../share/virtiofs", import.meta.url).pathname;

function shared(name: string, mode: "ro" | "rw", directory = "/tmp") {
  const daemon = `${DAEMONS}/vms-virtiofsd-${mode}`;
  return { tag: `/mnt/${name}`, directory, daemon };
}

const A = shared("a", "ro");
const B = shared("b", "rw");

const KEPT = domainNamed("web", {
  metadata: {
    kind: "appvm",
    shares: [{ path: "/mnt/a", folder: "/tmp", writable: false }],
  },
  sharedMemory: true,
});

/** The VM as it runs, with those. */
function live(...shares: SharedDirectory[]): Expected {
  const [line, { stdout = "" } = {}] = dumped(KEPT);
  const devices = shares.map(sharedDirectory).join("");
  return [line, {
    stdout: stdout.replace("<devices>", `<devices>${devices}`),
  }];
}

const found = (...shares: SharedDirectory[]): Expected[] => [
  listed([{ name: "web", state: "running", kind: "appvm", template: "gui@1" }]),
  dumped(KEPT, "--inactive"),
  live(...shares),
];

/** A program in the guest, and how it ended. */
function ran(words: string, exitcode = 0, said = ""): Expected[] {
  const [path, ...arg] = words.split(" ");
  const ask = (command: object, answer: object): Expected => [
    `virsh qemu-agent-command --timeout 30 -- web ${JSON.stringify(command)}`,
    { stdout: JSON.stringify({ return: answer }) },
  ];
  return [
    ask({
      execute: "guest-exec",
      arguments: { path, arg, "capture-output": true },
    }, { pid: 7 }),
    ask({ execute: "guest-exec-status", arguments: { pid: 7 } }, {
      exited: true,
      exitcode,
      "err-data": btoa(said),
    }),
  ];
}

const unmounted = ({ tag }: SharedDirectory): Expected[] => [
  ...ran(`/usr/bin/mountpoint -q -- ${tag}`),
  ...ran(`/usr/bin/umount -- ${tag}`),
];

const busy = ({ tag }: SharedDirectory): Expected[] => [
  ...ran(`/usr/bin/mountpoint -q -- ${tag}`),
  ...ran(`/usr/bin/umount -- ${tag}`, 32, "target is busy"),
];

const mounted = ({ tag }: SharedDirectory, mode: "ro" | "rw"): Expected[] => [
  ...ran(`/usr/bin/mkdir -p -- ${tag}`),
  ...ran(
    `/usr/bin/mount -t virtiofs -o ${mode},nosuid,nodev -- ${tag} ${tag}`,
  ),
];

const device = (command: string, share: SharedDirectory): Expected => [
  `virsh ${command} --live -- web /dev/stdin`,
  { xml: [sharedDirectory(share)] },
];

const unplugged = (
  share: SharedDirectory,
  ...left: SharedDirectory[]
): Expected[] => [
  live(...left, share),
  device("detach-device", share),
  live(...left),
];

const WORK: Expected = ["virsh work"];

/** Seconds in which a VM is asked twice whether it has let a share go. */
const TWICE = 0.19;

/** What was warned of; `over` makes another connection of the one it has. */
async function away(
  table: Table,
  ends?: string,
  over = (virsh: Virsh) => virsh,
): Promise<string[]> {
  const said: string[] = [];
  const warn = (line: string) => void said.push(line);
  const outcome = withLibvirt(table, (connection) => {
    const virsh = over(connection.virsh);
    const work = async () => {
      await virsh.must("cannot work", { words: ["work"] });
    };
    return withoutShares(virsh, "web", warn, work, TWICE);
  });
  if (ends === undefined) await outcome;
  else await assertRejects(() => outcome, Failure, ends);
  return said;
}

/** Both are away. */
const TAKEN: Expected[] = [
  ...found(A, B),
  ...unmounted(B),
  ...unmounted(A),
  ...unplugged(B, A),
  ...unplugged(A),
];

const GIVEN_A: Expected[] = [
  device("attach-device", A),
  ...mounted(A, "ro"),
];

/** And both are given again, in the mode that each had. */
const GIVEN: Expected[] = [
  live(),
  ...GIVEN_A,
  live(A),
  device("attach-device", B),
  ...mounted(B, "rw"),
];

Deno.test("withoutShares() gives each back in its mode, the first one first", async () => {
  assertEquals(await away([...TAKEN, WORK, ...GIVEN]), []);
});

Deno.test("withoutShares() gives them back where the work fails", async () => {
  const failed: Expected = [WORK[0], { error: "no space" }];
  const said = await away([...TAKEN, failed, ...GIVEN], "no space");
  assertEquals(said, []);
});

Deno.test("withoutShares() does nothing where one is in use, and mounts the other again", async () => {
  const said = await away([
    ...found(A, B),
    ...unmounted(B),
    ...busy(A),
    live(A, B),
    ...mounted(B, "rw"),
  ], "target is busy");
  assertEquals(said, []);
});

Deno.test("withoutShares() says what could not be given back", async () => {
  const gone = shared("gone", "ro", "/nowhere");
  const said = await away([
    ...found(gone, A),
    ...unmounted(A),
    ...unmounted(gone),
    ...unplugged(A, gone),
    ...unplugged(gone),
    WORK,
    live(),
    live(),
    ["virsh attach-device --live -- web /dev/stdin", { error: "no memory" }],
    live(),
  ]);
  assertEquals(said, [
    '/mnt/gone is left out: "/nowhere" is gone',
    "/mnt/a is not given back: " +
    'cannot share "/tmp" with "web": no memory',
  ]);
});

Deno.test("withoutShares() does the work of a VM that has none", async () => {
  assertEquals(await away([...found(), WORK]), []);
});

Deno.test("withoutShares() waits for one that goes late, and gives it again", async () => {
  const said = await away([
    ...found(A),
    ...unmounted(A),
    live(A),
    device("detach-device", A),
    live(A),
    live(A),
    // The VM was given up; it lets go while all is taken back.
    live(A),
    live(),
    ...GIVEN_A,
  ], "the VM did not let it go within");
  assertEquals(said, []);
});

Deno.test("withoutShares() mounts one again that the VM keeps", async () => {
  const said = await away([
    ...found(A),
    ...unmounted(A),
    live(A),
    device("detach-device", A),
    live(A),
    live(A),
    live(A),
    live(A),
    ...mounted(A, "ro"),
  ], "the VM did not let it go within");
  assertEquals(said, []);
});

/** A connection whose user ends the command once it has asked for that. */
function interruptedAt(command: string, ending: Promise<void>[]) {
  return ({ run, uri }: Virsh) => {
    const first: Run = Object.assign(
      async (argv: readonly string[], options?: RunOptions) => {
        const result = await run(argv, options);
        if (argv.includes(command)) ending.push(takeAllBack());
        return result;
      },
      run,
    );
    return new Virsh(first, uri);
  };
}

Deno.test("withoutShares() that is ended while one goes gives it again, and does not work", async () => {
  const ending: Promise<void>[] = [];
  const said = await away(
    [
      ...found(A),
      ...unmounted(A),
      live(A),
      device("detach-device", A),
      // Two wait for it: who takes it, and who gives it back.
      live(A),
      live(A),
      { meanwhile: [[live()], [live()], GIVEN_A] },
    ],
    "the command was ended",
    interruptedAt("detach-device", ending),
  );
  await Promise.all(ending);
  assertEquals([said, ending.length], [[], 1]);
});

Deno.test("withoutShares() of a VM on another host touches none", async () => {
  const far = ({ run }: Virsh) => new Virsh(run, "qemu+ssh://far/system");
  const why = 'cannot give "web" its shares back: ' +
    "qemu+ssh://far/system is another host; run vms-snapshot there";
  await away(found(A), why, far);
  await away([...found(), WORK], undefined, far);
});

Deno.test("withoutShares() touches none where it may not see a folder", async () => {
  const hidden = shared("hidden", "ro", "/hidden");
  await hiding("/hidden", async () => {
    const why = 'cannot judge "/hidden": you may not see it';
    await away(found(hidden, A), why);
  });
});
