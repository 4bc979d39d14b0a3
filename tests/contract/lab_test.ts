// That the lab is the host its users count on. Its packages are Debian's.
import { assertEquals, assertStringIncludes } from "@std/assert";

async function run(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(words[0]!, {
    args: words.slice(1),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

const asAlice = (...words: string[]) =>
  run("tests/lab/enter", "--user", "alice", ...words);

Deno.test("lab: network and pool are active and start by themselves", async () => {
  const network = (await run("virsh", "net-info", "vms")).out;
  assertEquals(network.match(/(Active|Autostart): +yes/g)?.length, 2);
  const pool = (await run("virsh", "pool-info", "default")).out;
  assertEquals(pool.match(/(State: +running|Autostart: +yes)/g)?.length, 2);
});

Deno.test("lab: an ordinary user of the libvirt group makes a volume", async () => {
  const name = "lab-test.qcow2";
  const made = await asAlice(
    ...["virsh", "vol-create-as", "default", name, "1M", "--format", "qcow2"],
  );
  assertEquals(made.err, "");
  try {
    const path = await asAlice("virsh", "vol-path", name, "--pool", "default");
    assertEquals(path.out, `/var/lib/libvirt/images/${name}`);
  } finally {
    await run("virsh", "vol-delete", name, "--pool", "default");
  }
});

Deno.test("lab: guests' view of the shared cache cannot be written, its source can", async () => {
  const source = "/var/lib/libvirt/filesystems/pkg/shared/lab-test";
  await Deno.writeTextFile(source, "x");
  try {
    assertEquals(await Deno.readTextFile("/run/vms/shared/lab-test"), "x");
    assertEquals((await run("rm", "/run/vms/shared/lab-test")).code, 1);
  } finally {
    await Deno.remove(source);
  }
});

Deno.test("lab: the mirror answers and writes down what it was asked", async () => {
  const path = `/none-${crypto.randomUUID()}`;
  const answer = await fetch(Deno.env.get("LAB_MIRROR") + path);
  await answer.body?.cancel();
  assertEquals(answer.status, 404);
  const log = await Deno.readTextFile(Deno.env.get("LAB_MIRROR_LOG")!);
  assertStringIncludes(log, `404\t10\t${path}`);
});

Deno.test("lab: a VM outlives libvirtd, restarted or killed", async () => {
  const xml = await Deno.makeTempFile();
  await Deno.writeTextFile(
    xml,
    `<domain type='qemu'><name>lab-test</name><memory unit='MiB'>64</memory>
       <os><type machine='q35'>hvm</type></os>
       <devices><interface type='network'><source network='vms'/></interface></devices>
     </domain>`,
  );
  assertEquals((await run("virsh", "create", xml)).err, "");
  try {
    for (const how of [[], ["--kill"]]) {
      const restarted = await run("tests/lab/restart-libvirtd", ...how);
      assertEquals(restarted, { code: 0, out: "", err: "" });
      assertEquals(
        (await asAlice("virsh", "list", "--name")).out.split("\n")
          .includes("lab-test"),
        true,
      );
    }
  } finally {
    await run("virsh", "destroy", "lab-test");
    await Deno.remove(xml);
  }
});
