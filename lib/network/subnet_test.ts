import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { networkXml } from "../libvirt/network_xml.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { freeSubnet } from "./subnet.ts";

/** A libvirt elsewhere that has those networks. */
function withNetworks(subnets: number[]): Virsh {
  const rows = subnets.map((subnet) => ` n${subnet}   inactive   no   yes`);
  const table = [
    " Name   State   Autostart   Persistent",
    "---------------------------------------",
    ...rows,
  ].join("\n");
  const answers = subnets.map((subnet) => ({
    ok: true,
    stdout: networkXml({ name: `n${subnet}`, subnet }),
  }));
  return {
    local: false,
    must: () => Promise.resolve(table),
    batch: () => Promise.resolve(answers),
  } as unknown as Virsh;
}

Deno.test("freeSubnet() keeps clear of networks, active or not, and of routes", async () => {
  assertEquals(await freeSubnet(withNetworks([122]), []), 150);
  assertEquals(await freeSubnet(withNetworks([122, 150]), []), 151);
  const routes = ["192.168.151.0/24", "via", "10.0.0.1", "192.168.15.0/24"];
  assertEquals(await freeSubnet(withNetworks([122, 150]), routes), 152);
});

Deno.test("freeSubnet() fails where all are taken", async () => {
  const all = Array.from({ length: 104 }, (_, i) => i + 150);
  const error = await assertRejects(
    () => freeSubnet(withNetworks(all), []),
    Failure,
  );
  assertEquals(error.message.includes("all from 192.168.150 on"), true);
});
