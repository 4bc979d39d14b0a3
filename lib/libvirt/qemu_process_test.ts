import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { fakeRun } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { qemuPids } from "./qemu_process.ts";
import { Virsh } from "./virsh.ts";

const UUID = "6f0a1a9c-0f1b-4c39-9d2c-6d3f0a0b9a01";
const OTHER = "6f0a1a9c-0f1b-4c39-9d2c-6d3f0a0b9a02";

/** What is found where libvirt's files say so, of VMs `web` and `mail`. */
async function pidsWhere(files: Record<string, string>) {
  const runtime = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_RUNTIME_DIR");
  Deno.env.set("XDG_RUNTIME_DIR", runtime);
  try {
    const directory = join(runtime, "libvirt/qemu/run");
    await Deno.mkdir(directory, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(directory, `${name}.pid`), text);
    }
    const run = realRun({ trace: false, dryRun: false, log() {} });
    return await qemuPids(new Virsh(run, "qemu:///session"), [
      { name: "web", uuid: UUID },
      { name: "mail", uuid: OTHER },
    ]);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_RUNTIME_DIR");
    else Deno.env.set("XDG_RUNTIME_DIR", before);
    await Deno.remove(runtime, { recursive: true });
  }
}

Deno.test("qemuPids() believes libvirt's file, and that process alone", async () => {
  // A program with the UUID among its words, until its input ends.
  const child = new Deno.Command("cat", {
    args: ["-", UUID],
    stdin: "piped",
    stderr: "null",
  }).spawn();
  const pid = `${child.pid}`;
  assertEquals(await pidsWhere({}), new Map());
  assertEquals(await pidsWhere({ web: pid }), new Map([[UUID, child.pid]]));
  // Another VM's, of before a crash; and what is no number.
  assertEquals(await pidsWhere({ mail: pid }), new Map());
  assertEquals(await pidsWhere({ web: "../1", mail: "0" }), new Map());
  await child.stdin.close();
  await child.status;
  assertEquals(await pidsWhere({ web: pid }), new Map());
});

Deno.test("qemuPids() knows no place of other connections", async () => {
  using run = fakeRun([]);
  for (const uri of ["qemu+ssh://host/system", "test:///default"]) {
    const found = await qemuPids(new Virsh(run, uri), [
      { name: "web", uuid: UUID },
    ]);
    assertEquals(found, new Map());
  }
});
