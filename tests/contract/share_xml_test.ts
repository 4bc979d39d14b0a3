/** Real libvirt takes the shares that lib/libvirt writes. */

import { assertEquals } from "@std/assert";
import { domainXml } from "../../lib/libvirt/domain_xml.ts";
import {
  hasSharedMemory,
  readSharedDirectories,
  sharedDirectory,
  withSharedMemory,
} from "../../lib/libvirt/share_xml.ts";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { realRun } from "../../lib/process/run.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const virsh = new Virsh(run, "test:///default");

const PLAIN = domainXml({
  name: "shares",
  uuid: "0d6cd9c4-4a5c-4a55-9f0e-0f1f4b1d2c3e",
  metadata: { kind: "appvm", template: "gui@3" },
  type: "qemu",
  memory: 2 ** 30,
  vcpus: 2,
  disks: [{ path: "/var/lib/libvirt/images/a.qcow2", serial: "root" }],
  onReboot: "restart",
});

async function defined(xml: string): Promise<string> {
  const [done, dumped] = await virsh.batch([
    change(["define", "--validate", XML_FILE], xml),
    look("dumpxml", "--inactive", "--", "shares"),
  ]);
  assertEquals(done!.error, "");
  return dumped!.stdout;
}

Deno.test("sharedDirectory(): libvirt takes it and gives it back unharmed", async () => {
  const shares = ["vms-virtiofsd-ro", "vms-virtiofsd-rw"].map((name, i) => ({
    tag: `/mnt/client${i}`,
    directory: `/home/me/a & b's <${i}>`,
    daemon: `/usr/lib/vms/${name}`,
  }));
  const devices = shares.map(sharedDirectory).join("");
  const shared = withSharedMemory(PLAIN, true);
  const xml = await defined(
    shared.replace("</devices>", () => `${devices}</devices>`),
  );
  assertEquals(readSharedDirectories(xml), shares);
});

Deno.test("withSharedMemory(): libvirt takes what it made of its XML", async () => {
  const plain = await defined(PLAIN);
  assertEquals(hasSharedMemory(plain), false);
  const shared = await defined(withSharedMemory(plain, true));
  assertEquals(hasSharedMemory(shared), true);
  assertEquals(await defined(withSharedMemory(shared, true)), shared);
  assertEquals(await defined(withSharedMemory(shared, false)), plain);
});
