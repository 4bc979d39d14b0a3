import { assertEquals, assertRejects } from "@std/assert";
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

/** What was warned of. */
async function away(table: Table, ends?: string): Promise<string[]> {
  const said: string[] = [];
  const warn = (line: string) => void said.push(line);
  const outcome = withLibvirt(
    table,
    ({ virsh }) =>
      withoutShares(virsh, "web", warn, async () => {
        await virsh.must("cannot work", { words: ["work"] });
      }),
  );
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

/** And both are given again, in the mode that each had. */
const GIVEN: Expected[] = [
  live(),
  device("attach-device", A),
  ...mounted(A, "ro"),
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
