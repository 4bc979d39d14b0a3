/** A VM on a bridge of this host, in a network whose addresses are another's to give. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  addNeighbour,
  asRoot,
  CARD,
  counted,
  dhcp,
  HELLO,
  hello,
  online,
  OUTSIDE,
  outsideDown,
  outsideUp,
  ownAddress,
  reaches,
  serve,
  sh,
} from "../e2e/network.ts";
import { eventually, run, vms } from "../e2e/vms.ts";

const VM = "lan-one";
const BRIDGE = "net-lan";
const PREFIX = "10.77.0";
const HOST = `${PREFIX}.1`;
const NEIGHBOUR = `${PREFIX}.250`;

Deno.test.beforeAll(async () => {
  await outsideUp();
  await sh(`set -e
    ip link add ${BRIDGE} type bridge
    ip address add ${HOST}/24 dev ${BRIDGE}
    ip link set ${BRIDGE} up`);
  await addNeighbour(BRIDGE, NEIGHBOUR, false);
  dhcp("net-neighbour", PREFIX);
});
Deno.test.afterAll(async () => {
  await run(["vms-destroy", "--force", VM]);
  await outsideDown();
  await run(["ip", "link", "delete", BRIDGE]);
});

async function onTheBridge() {
  await eventually(async () => {
    assertMatch(await ownAddress(VM), /^10\.77\.0\.1\d\d$/);
  }, 120);
}

/** What the neighbour gets from the VM's service. */
async function heardFrom(address: string): Promise<string> {
  const inside = "ip netns exec net-neighbour";
  return await sh(`${inside} bash -c "$(cat <<'END'
${hello(address, HELLO)}
END
)"`);
}

Deno.test("vms-net puts a running VM on a bridge, where it gets an address of that network", async () => {
  await vms("clone", "--start", "minimal", VM);
  await online(VM);
  await vms("net", VM, `bridge:${BRIDGE}`);
  assertEquals(await vms("net", VM), `bridge:${BRIDGE}\n`);
  await onTheBridge();
  await eventually(async () => {
    assertEquals(await reaches(VM, NEIGHBOUR, 80), true);
  });
  assertEquals(await reaches(VM, OUTSIDE[0]!, 80), false, "no way behind NAT");
});

Deno.test("on a bridge it is reached from the network, and does not reach this host", async () => {
  await serve(VM);
  assertEquals(await heardFrom(await ownAddress(VM)), "yes");
  assertEquals(await sh(hello(HOST, HELLO)), "yes");
  assertEquals(await reaches(VM, HOST, HELLO), false);
});

Deno.test("on a bridge its rules hold, for what it asks and for what it answers", async () => {
  await vms("firewall", VM, "default", "deny");
  assertEquals(await reaches(VM, NEIGHBOUR, 80), false);
  assertEquals(await heardFrom(await ownAddress(VM)), "no");
  await vms("firewall", VM, ..."allow tcp 80 to 10.77.0.250".split(" "));
  assertEquals(await reaches(VM, NEIGHBOUR, 80), true);
  assertEquals(await heardFrom(await ownAddress(VM)), "no");
  await vms("firewall", VM, "reset");
});

Deno.test("on a bridge the rules of its template hold, also when these change", async () => {
  const rule = "deny tcp 80 to any";
  try {
    await vms("firewall", "minimal", ...rule.split(" "));
    assertMatch(await vms("firewall", VM), new RegExp(`^${rule}$`, "m"));
    assertEquals(await reaches(VM, NEIGHBOUR, 80), false);
  } finally {
    await vms("firewall", "minimal", "reset");
  }
  assertEquals((await vms("firewall", VM)).includes(rule), false);
  assertEquals(await reaches(VM, NEIGHBOUR, 80), true);
});

Deno.test("on a bridge no IPv6 passes, and no other MAC address", async () => {
  const inside = "ip netns exec net-neighbour";
  await asRoot(VM, `ip address add 2001:db8:9::1/64 dev ${CARD} nodad`);
  const before = await counted("net-neighbour", "Icmp6InEchos");
  await asRoot(VM, "ping -6 -c 2 -W 1 2001:db8:9::f");
  assertEquals(await counted("net-neighbour", "Icmp6InEchos"), before);
  const mac = await asRoot(VM, `cat /sys/class/net/${CARD}/address`);
  const become = (address: string) =>
    asRoot(VM, `ip link set dev ${CARD} address ${address}`);
  const other = "52:54:00:77:77:77";
  await become(other);
  assertNotEquals(mac, other);
  assertEquals(await reaches(VM, NEIGHBOUR, 80), false);
  const known = await sh(`bridge fdb show br ${BRIDGE}; ${inside} ip neigh`);
  assertEquals(known.includes(other), false, known);
  await become(mac);
  await eventually(async () => {
    assertEquals(await reaches(VM, NEIGHBOUR, 80), true);
  });
});

Deno.test("it is on the bridge when it starts again, and behind NAT when it is told so", async () => {
  await vms("stop", VM);
  await vms("start", "--wait", VM);
  await onTheBridge();
  await eventually(async () => {
    assertEquals(await reaches(VM, NEIGHBOUR, 80), true);
  });
  assertEquals(await reaches(VM, HOST, HELLO), false);
  await vms("net", VM, "nat");
  await eventually(async () => {
    assertMatch(await ownAddress(VM), /^192\.168\.122\./);
    assertEquals(await reaches(VM, OUTSIDE[0]!, 80), true);
  }, 120);
});
