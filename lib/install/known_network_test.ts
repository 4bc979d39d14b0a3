import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { withLibvirt } from "../libvirt/fake_virsh.ts";
import { refuseUnknownNetwork } from "./known_network.ts";

Deno.test("refuseUnknownNetwork() refuses what libvirt does not have", async () => {
  const failure = await assertRejects(
    () =>
      withLibvirt([["virsh net-dumpxml gone", {
        error: "failed to get network 'gone'",
      }]], ({ virsh }) => refuseUnknownNetwork(virsh, "gone")),
    Failure,
    'cannot find the network "gone"',
  );
  assertEquals(failure.exit, "missing");
  await withLibvirt([["virsh net-dumpxml default", {
    stdout: "<network><name>default</name></network>",
  }]], ({ virsh }) => refuseUnknownNetwork(virsh, "default"));
});
