/** A clone that is interrupted, or fails, leaves nothing, whenever that comes. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { Pool } from "../../lib/libvirt/volume.ts";
import { realRun } from "../../lib/process/run.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const virsh = new Virsh(run, "qemu:///system");
const pool = new Pool(virsh, "default");
const image = "interrupted@1.qcow2";

const TEMPLATE = `<domain type="qemu">
  <name>interrupted@1</name>
  <title>template</title>
  <memory unit="MiB">64</memory>
  <os><type machine="q35">hvm</type></os>
  <devices>
    <disk type="file" device="disk">
      <source file="/var/lib/libvirt/images/${image}"/>
      <target dev="vda" bus="virtio"/>
    </disk>
  </devices>
</domain>`;

const PASSWORDS = `${Deno.env.get("HOME")}/.local/state/vms/passwords`;

/** While there is a template that can be cloned. */
async function withTemplate(work: () => Promise<void>) {
  await virsh.mustAll("cannot make a template", [
    pool.create({ name: image, capacity: 2 ** 20 }),
    change(["define", XML_FILE], TEMPLATE),
  ]);
  try {
    await work();
  } finally {
    await virsh.mustAll("cannot clean up", [
      change(["undefine", "interrupted@1"]),
      pool.delete(image),
    ]);
  }
}

/** Names of VMs, volumes and passwords of this test, and files of running commands. */
async function left(): Promise<string[]> {
  const [vms, volumes] = await virsh.mustAll("cannot look", [
    look("list", "--all", "--name"),
    look("vol-list", "default"),
  ]);
  await Deno.mkdir(PASSWORDS, { recursive: true, mode: 0o700 });
  const files = ["/run/vms", PASSWORDS].flatMap((folder) =>
    Array.from(Deno.readDirSync(folder), ({ name }) => name)
  );
  return [...`${vms} ${volumes}`.split(/\s+/), ...files]
    .filter((word) => /^(cut-|xml-)/.test(word));
}

for (const signal of ["INT", "TERM"]) {
  Deno.test(`vms-clone that gets SIG${signal} takes all back`, () =>
    withTemplate(async () => {
      const names = Array.from({ length: 40 }, (_, i) => `cut-${i}`);
      for (const seconds of ["0.1", "0.2", "0.4"]) {
        const clone = ["vms-clone", "interrupted", ...names];
        const after = ["timeout", "--signal", signal, seconds];
        // 124: the time was up before it was done.
        await run([...after, ...clone], { ok: [124] });
        assertEquals(await left(), [], seconds);
      }
    }));
}

Deno.test("vms-clone whose disk cannot be made takes back what it made meanwhile", () =>
  withTemplate(async () => {
    const theirs = "cut-1.qcow2";
    const what = "cannot make what is in the way";
    const taken = pool.create({ name: theirs, capacity: 2 ** 20 });
    await virsh.must(what, taken);
    const clone = ["vms-clone", "interrupted", "cut-0", "cut-1"];
    const { stderr } = await run(clone, { ok: [1] });
    assertStringIncludes(stderr, `cannot make the disk "${theirs}"`);
    assertEquals(await left(), [theirs]);
    await virsh.must("cannot clean up", pool.delete(theirs));
  }));
