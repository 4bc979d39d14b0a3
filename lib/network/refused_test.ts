import { assertEquals, assertRejects } from "@std/assert";
import { type Given, withLibvirt } from "../libvirt/fake_virsh.ts";
import { ChildFailed } from "../process/result.ts";
import { readRefusals, refusals } from "./refused.ts";

/** Of ebtables-nft 1.8.9, with fewer rules. */
const TABLES = `Bridge table: nat

Bridge chain: PREROUTING, entries: 2, policy: ACCEPT
-i vnet4 -j libvirt-I-vnet4 , pcnt = 1706 -- bcnt = 164515
-i vnet47 -j libvirt-I-vnet47 , pcnt = 20 -- bcnt = 900

Bridge chain: I-vnet4-ipv4-src, entries: 2, policy: RETURN
-p IPv4 --ip-src 192.168.122.41 -j RETURN , pcnt = 1703 -- bcnt = 164371
-j DROP , pcnt = 2 -- bcnt = 120

Bridge chain: libvirt-I-vnet4, entries: 4, policy: RETURN
-s ! 52:54:00:dc:89:29 -j DROP , pcnt = 0 -- bcnt = 0
-p IPv4 --ip-dst 192.0.2.1 --ip-proto tcp --ip-dport 80 -j ACCEPT , pcnt = 9 -- bcnt = 900
-p IPv4 --ip-dst 10.0.0.0/8 -j DROP , pcnt = 7 -- bcnt = 420
-j DROP , pcnt = 3 -- bcnt = 144

Bridge chain: libvirt-O-vnet4, entries: 1, policy: RETURN
-j DROP , pcnt = 5 -- bcnt = 300

Bridge chain: libvirt-I-vnet47, entries: 1, policy: RETURN
-j DROP , pcnt = 11 -- bcnt = 660
`;

const OF_VNET4 = [
  { match: "not from its own address", packets: 2 },
  { match: "-p IPv4 --ip-dst 10.0.0.0/8", packets: 7 },
  { match: "", packets: 3 },
];

const CARDS = ` Interface   Type      Source    Model    MAC
-------------------------------------------------------------
 vnet4       network   default   virtio   52:54:00:dc:89:29
`;

const LIST = "ebtables --concurrent -t nat -L --Lc";

Deno.test("readRefusals() takes what one card sent, and no other with a longer name", () => {
  assertEquals(readRefusals(TABLES, "vnet4"), OF_VNET4);
  assertEquals(readRefusals(TABLES, "vnet47"), [{ match: "", packets: 11 }]);
  assertEquals(readRefusals(TABLES, "vnet"), []);
  assertEquals(readRefusals("", "vnet4"), []);
});

Deno.test("refusals() are those of the card with that address", async () => {
  const answered = (given: Given) =>
    withLibvirt(
      [["virsh domiflist web", { stdout: CARDS }], [LIST, given]],
      (libvirt) => refusals(libvirt, "web", "52:54:00:dc:89:29"),
    );
  assertEquals(await answered({ stdout: TABLES }), OF_VNET4);
  const error = "Permission denied";
  await assertRejects(() => answered({ error }), ChildFailed);
});
