import { assertEquals } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import type { Connection } from "../libvirt/connection.ts";
import { metadataXml, type ShareRecord } from "../libvirt/metadata.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import { restoreLater } from "./shares_at_start.ts";

const URI = "qemu:///system";

function kept(...shares: ShareRecord[]): Step {
  const { text } = metadataXml({ kind: "appvm", shares });
  const stdout = "<domain type='qemu'><name>web</name><uuid>u</uuid>" +
    `<metadata>${text}</metadata><memory>1</memory><vcpu>1</vcpu>` +
    "<devices></devices></domain>";
  return [`virsh -c ${URI} dumpxml --inactive -- web`, { stdout }];
}

const RESTORE: Step = ["vms-share restore web"];

async function warned(...steps: Step[]): Promise<string[]> {
  using run = fakeRun(steps);
  const context = fakeContext(run);
  const connection = { virsh: new Virsh(run, URI) } as Connection;
  await restoreLater(connection, context, ["web"]);
  return context.said;
}

const folder = (name: string, path: string): ShareRecord => ({
  path: `/mnt/${name}`,
  folder: path,
  writable: false,
});

Deno.test("restoreLater() leaves it to a process of its own", async () => {
  assertEquals(await warned(kept(folder("a", "/tmp")), RESTORE), []);
  assertEquals(await warned(kept()), []);
});

Deno.test("restoreLater() says which folders are gone", async () => {
  const both = kept(folder("a", "/tmp"), folder("b", "/nowhere"));
  assertEquals(await warned(both, RESTORE), [
    'warning: web is without /mnt/b: "/nowhere" is gone',
  ]);
});
