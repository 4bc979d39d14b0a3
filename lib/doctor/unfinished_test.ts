import { assertEquals } from "@std/assert";
import { examFor } from "../../tests/doctor_world.ts";
import type { Listed } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { noteUnkept, removeNote } from "../install/left_over.ts";
import { installing, unfinished } from "./unfinished.ts";

/** Nobody else's VM has it: notes are those of this host. */
const VM = `test-${crypto.randomUUID().slice(0, 8)}`;
const NAMES = ["", ".10-partition", ".20-filesystems"]
  .map((part) => `${VM}${part}.qcow2`);

/** Each rests on the one before; they were changed at these seconds. */
async function disk(times: number[]) {
  const directory = await Deno.makeTempDir();
  const volumes = times.map((_, i): Volume => ({
    name: NAMES[i]!,
    path: `${directory}/${NAMES[i]}`,
    capacity: 1,
    allocation: 1,
    physical: 1,
    format: "qcow2",
    backing: i > 0 ? `${directory}/${NAMES[i - 1]}` : undefined,
  }));
  for (const [i, { path }] of volumes.entries()) {
    await Deno.writeTextFile(path, "");
    await Deno.utime(path, times[i]!, times[i]!);
  }
  const dispose = () => Deno.remove(directory, { recursive: true });
  return { volumes, [Symbol.asyncDispose]: dispose };
}

async function found(
  volumes: Volume[],
  list: Listed[] = [],
  { uri = "qemu:///system", names = [] as string[] } = {},
) {
  await using exam = await examFor({ uri });
  return await unfinished({ ...exam, names }, list, volumes, VM);
}

Deno.test("unfinished() has the layers of steps and their base, the last first", async () => {
  await using made = await disk([1000, 2000, 3000]);
  const other = { ...made.volumes[0]!, name: `${VM}.home.qcow2` };
  const volumes = [...made.volumes, other];
  assertEquals(installing(volumes), [VM, VM]);
  assertEquals(await found(volumes), NAMES.toReversed());
});

Deno.test("unfinished() has nothing of a VM that is there, or on another host, or was there and is not named", async () => {
  await using written = await disk([4000, 2000, 3000]);
  assertEquals(await found(written.volumes), []);
  const named = await found(written.volumes, [], { names: [VM] });
  assertEquals(named, NAMES.toReversed());
  await using made = await disk([1000, 2000, 3000]);
  const vm: Listed = { name: VM, state: "shut off", kind: "appvm" };
  assertEquals(await found(made.volumes, [vm]), []);
  const uri = "qemu+ssh://far/system";
  assertEquals(await found(made.volumes, [], { uri }), []);
});

Deno.test("unfinished() has a base alone only where its command was killed", async () => {
  await using made = await disk([1000]);
  assertEquals(await found(made.volumes), []);
  await noteUnkept(VM);
  try {
    assertEquals(await found(made.volumes), [NAMES[0]!]);
    const [base] = made.volumes;
    const layer = { ...base!, backing: "/pool/gui@1.qcow2" };
    assertEquals(await found([layer]), []);
  } finally {
    await removeNote(VM);
  }
});
