import { assertEquals } from "@std/assert";
import { noteUnkept, removeNote } from "../install/left_over.ts";
import type { Listed } from "../libvirt/domain.ts";
import { withLibvirt } from "../libvirt/fake_virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import type { Exam } from "./exam.ts";
import { installing, unfinished } from "./unfinished.ts";

/** Nobody else's VM has it: notes are those of this host. */
const VM = `test-${crypto.randomUUID().slice(0, 8)}`;
const NAMES = ["", ".10-partition", ".20-filesystems"]
  .map((part) => `${VM}${part}.qcow2`);

const HOST = { root: "", uid: 0, kernel: "6.12.0", now: 0 };

/** Each rests on the one before. */
const DISK = NAMES.map((name, i): Volume => ({
  name,
  path: `/pool/${name}`,
  capacity: 1,
  allocation: 1,
  physical: 1,
  format: "qcow2",
  backing: i > 0 ? `/pool/${NAMES[i - 1]}` : undefined,
}));

function found(
  volumes: Volume[],
  list: Listed[] = [],
  { names = [] as string[] } = {},
  vm = VM,
) {
  return withLibvirt([], (libvirt) => {
    const { run } = libvirt.virsh;
    const exam: Exam = { ...libvirt, run, host: HOST, names };
    return unfinished(exam, list, volumes, vm);
  });
}

const NAMED = { names: [VM] };

Deno.test("unfinished() of a VM that is named has the layers of steps and their base, the last first", async () => {
  const other = { ...DISK[0]!, name: `${VM}.home.qcow2`, path: "/pool/home" };
  assertEquals(installing([...DISK, other]), [VM, VM]);
  assertEquals(await found([...DISK, other], [], NAMED), NAMES.toReversed());
});

Deno.test("unfinished() has what its command was killed at, and nothing that was kept", async () => {
  assertEquals(await found(DISK), []);
  await noteUnkept(VM);
  try {
    assertEquals(await found(DISK), NAMES.toReversed());
    assertEquals(await found(DISK.slice(0, 1)), []);
    const [base, ...layers] = DISK;
    const onVersion = { ...base!, backing: "/pool/gui@1.qcow2" };
    assertEquals(await found([onVersion, ...layers]), []);
  } finally {
    await removeNote(VM);
  }
});

Deno.test("unfinished() has nothing of a VM that is there", async () => {
  const vm: Listed = { name: VM, state: "shut off", kind: "appvm" };
  assertEquals(await found(DISK, [vm], NAMED), []);
});

Deno.test("unfinished() has no image whose name only looks like a step's", async () => {
  const image = { ...DISK[0]!, name: "ubuntu-22.04-server-cloudimg.qcow2" };
  assertEquals(
    await found([image], [], { names: ["ubuntu-22"] }, "ubuntu-22"),
    [],
  );
  // One that lies beside the base and does not rest on it.
  const beside = { ...DISK[1]!, backing: undefined };
  assertEquals(await found([DISK[0]!, beside], [], NAMED), []);
});
