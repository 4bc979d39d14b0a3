import { assertEquals } from "@std/assert";
import { addHost, readLeases, readNetwork } from "./network.ts";
import { networkXml } from "./network_xml.ts";

Deno.test("readNetwork() knows where a network leads", () => {
  const nat = readNetwork(networkXml({ name: "default", subnet: 122 }));
  assertEquals([nat.name, nat.forward, nat.gateway], [
    "default",
    "nat",
    "192.168.122.1",
  ]);
  const xml = networkXml({ name: "alone", subnet: 150, isolated: true });
  assertEquals(readNetwork(xml).forward, undefined);
  const bridged = "<network><name>lan</name><forward mode='bridge'/>" +
    "<bridge name='br0'/></network>";
  assertEquals(readNetwork(bridged), {
    name: "lan",
    forward: "bridge",
    bridge: "br0",
    gateway: undefined,
    addresses: [],
    hosts: [],
  });
});

Deno.test("readNetwork() takes the IPv4 address where there are both", () => {
  const xml = "<network><name>both</name><forward/>" +
    "<ip family='ipv6' address='2001:db8::1' prefix='64'/>" +
    "<ip address='10.1.0.1' netmask='255.255.0.0'/></network>";
  const { forward, gateway } = readNetwork(xml);
  assertEquals([forward, gateway], ["nat", "10.1.0.1"]);
});

Deno.test("readNetwork() knows what its DHCP server may give, and to whom", () => {
  const xml = "<network><name>n</name><ip address='10.1.0.1'><dhcp>" +
    "<range start='10.1.0.254' end='10.1.1.1'/>" +
    "<host mac='52:54:00:AA:00:FF' ip='10.1.0.255'/></dhcp></ip></network>";
  const { addresses, hosts } = readNetwork(xml);
  assertEquals(addresses, ["10.1.0.254", "10.1.0.255", "10.1.1.0", "10.1.1.1"]);
  assertEquals(hosts, [{ mac: "52:54:00:aa:00:ff", ip: "10.1.0.255" }]);
});

Deno.test("readLeases() reads the table of virsh", () => {
  const text =
    ` Expiry Time           MAC address         Protocol   IP address           Hostname   Client ID or DUID
--------------------------------------------------------------------------------
 2026-11-21 14:42:30   52:54:00:7f:b7:97   ipv4       192.168.122.92/24    -          01:52:54:00:7f:b7:97
 2026-11-21 14:42:30   52:54:00:7f:b7:98   ipv6       2001:db8::5/64       evil       ff:00
`;
  assertEquals(readLeases(text), [
    { mac: "52:54:00:7f:b7:97", ip: "192.168.122.92" },
  ]);
  assertEquals(readLeases(""), []);
});

Deno.test("addHost() tells the network as it runs or as it is kept", () => {
  const host = { mac: "52:54:00:01:02:0a", ip: "x" };
  const { words } = addHost("default", host, "live");
  assertEquals(
    words.join(" "),
    [
      "net-update default add ip-dhcp-host",
      '<host mac="52:54:00:01:02:0a" ip="x"/> --live',
    ].join(" "),
  );
});
