import { assertEquals } from "@std/assert";
import { DEFAULTS } from "../config/config.ts";
import type { Connection } from "../libvirt/connection.ts";
import { readNetwork } from "../libvirt/network.ts";
import { networkXml } from "../libvirt/network_xml.ts";
import { networkText, placeOf } from "./network.ts";

Deno.test("placeOf() tells NAT from an isolated network and a bridge", () => {
  const nat = readNetwork(networkXml({ name: "vms", subnet: 122 }));
  assertEquals(placeOf(nat), { place: "nat", gateway: "192.168.122.1" });
  const xml = networkXml({ name: "x", subnet: 150, isolated: true });
  assertEquals(placeOf(readNetwork(xml)).place, "isolated");
  const alone = networkXml({
    name: "vms-isolated",
    subnet: 151,
    isolated: true,
  });
  assertEquals(placeOf(readNetwork(alone)).place, "alone");
  const bridged = "<network><name>lan</name><forward mode='bridge'/>" +
    "<bridge name='br0'/></network>";
  assertEquals(placeOf(readNetwork(bridged)), { place: "bridge" });
});

Deno.test("placeOf() takes a network without DHCP for a bridge", () => {
  const xml = "<network><name>own</name><forward mode='route'/>" +
    "<ip address='10.1.0.1' netmask='255.255.255.0'/></network>";
  assertEquals(placeOf(readNetwork(xml)), { place: "bridge" });
});

Deno.test("networkText() says it as vms-net takes it", () => {
  const connection = { config: DEFAULTS } as unknown as Connection;
  const text = (name: string, kind?: "bridge") =>
    networkText(connection, { name, kind });
  assertEquals(networkText(connection, undefined), "none");
  assertEquals(text("vms"), "nat");
  assertEquals(text("vms-isolated"), "isolated");
  assertEquals(text("vms-group-work"), "isolated:work");
  assertEquals(text("br0", "bridge"), "bridge:br0");
  assertEquals(text("lan"), "lan");
});
