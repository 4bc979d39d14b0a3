import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { volumesListed, withLibvirt } from "../libvirt/fake_virsh.ts";
import { installedIn, noteUnkept, removeNote, unwanted } from "./left_over.ts";

/** Nobody else's VM has it: notes are those of this host. */
const VM = `test-${crypto.randomUUID().slice(0, 8)}`;
const LAYERS = [
  { name: `${VM}.10-partition.qcow2`, backing: `/pool/${VM}.qcow2` },
  {
    name: `${VM}.20-filesystems.qcow2`,
    backing: `/pool/${VM}.10-partition.qcow2`,
  },
];
const DISK = [{ name: `${VM}.qcow2` }, ...LAYERS];
const OTHERS = [{ name: `${VM}x.qcow2` }, { name: `${VM}@build.qcow2` }];

function left(images: { name: string; backing?: string }[]) {
  return withLibvirt(
    [["virsh pool-refresh -- default"], ...volumesListed(images)],
    (libvirt) => unwanted(libvirt, VM, { recipe: "minimal" }),
  );
}

async function refused(images: { name: string; backing?: string }[]) {
  const { exit, message, hint } = await assertRejects(
    () => left(images),
    Failure,
  );
  assertEquals(exit, "conflict");
  return { message, hint };
}

Deno.test("installedIn() knows what steps write to, and nothing else", () => {
  assertEquals(installedIn("web.60-packages.qcow2"), "web");
  const others = ["web.qcow2", "web.1.qcow2", "gui@build.60-x.qcow2"];
  for (const name of [...others, "alpine-3.20-x.20.qcow2"]) {
    assertEquals(installedIn(name), undefined);
  }
});

Deno.test("unwanted() has nothing where no disk of it is there", async () => {
  assertEquals(await left(OTHERS), []);
});

Deno.test("unwanted() refuses a disk that was kept, and says how to go on", async () => {
  assertEquals(await refused([...DISK, ...OTHERS]), {
    message:
      `cannot install "${VM}": the disk of an installation that failed is there: ` +
      `--from=20-filesystems goes on with it; vms-doctor --repair ${VM} deletes it`,
    hint: `vms-install --keep --recipe=minimal --from=20-filesystems ${VM}`,
  });
});

Deno.test("unwanted() refuses a disk that may be a lost VM's", async () => {
  assertEquals(await refused(DISK.slice(0, 1)), {
    message: `cannot install "${VM}": there is no such VM, but its disk ` +
      `${VM}.qcow2; vms-doctor --repair ${VM} deletes it`,
    hint: "vms-doctor",
  });
});

Deno.test("unwanted() has all of what was killed and not to be kept", async () => {
  await noteUnkept(VM);
  try {
    const names = DISK.map(({ name }) => name);
    assertEquals(await left([...DISK, ...OTHERS]), names.toReversed());
    // No installation makes a layer on a template.
    await refused([{ ...DISK[0]!, backing: "/pool/gui@1.qcow2" }]);
  } finally {
    await removeNote(VM);
  }
});
