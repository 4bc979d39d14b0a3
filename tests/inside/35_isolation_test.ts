/** Two VMs that run, and what gets from one to the other, and to this host. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  addNeighbour,
  asRoot,
  CARD,
  countedIn,
  HELLO,
  hello,
  HOST_OUTSIDE,
  online,
  OUTSIDE,
  outsideDown,
  outsideUp,
  ownAddress,
  reaches,
  removeNeighbour,
  serve,
  sh,
} from "../e2e/network.ts";
import { eventually, restartLibvirtd, run, virsh, vms } from "../e2e/vms.ts";

const ONE = "iso-one";
const TWO = "iso-two";
const BOTH: [from: string, to: string][] = [[ONE, TWO], [TWO, ONE]];

/** Of one network, as an administrator of the guest could give them. */
const IPV6: Record<string, string> = {
  [ONE]: "2001:db8:9::1",
  [TWO]: "2001:db8:9::2",
};

Deno.test.beforeAll(async () => {
  await outsideUp();
  await vms("clone", "--start", "minimal", ONE, TWO);
  for (const vm of [ONE, TWO]) {
    await vms("start", "--wait", vm);
    await online(vm);
    await serve(vm);
  }
});
Deno.test.afterAll(async () => {
  await run(["vms-destroy", "--force", ONE, TWO]);
  await outsideDown();
  for (const group of ["work", "personal"]) {
    await run(["virsh", "net-destroy", `vms-group-${group}`]);
    await run(["virsh", "net-undefine", `vms-group-${group}`]);
  }
});

/** The addresses a guest has; its card may be a new one since. */
async function addresses(vm: string) {
  await asRoot(vm, `ip address add ${IPV6[vm]}/64 dev ${CARD} nodad`);
  let linkLocal = "";
  await eventually(async () => {
    linkLocal = await asRoot(
      vm,
      `ip -6 -o address show dev ${CARD} scope link | grep -o "fe80[^/]*"`,
    );
    assertMatch(linkLocal, /^fe80::\S+$/);
  });
  return { ipv4: await ownAddress(vm), ipv6: IPV6[vm]!, linkLocal };
}

/** Nothing of one gets to the other: no connection, and no packet. */
async function nothingPasses(from: string, to: string) {
  const target = await addresses(to);
  await addresses(from);
  const counters = ["IcmpInEchos", "Icmp6InEchos", "TcpPassiveOpens"];
  const count = () => Promise.all(counters.map((name) => countedIn(to, name)));
  const before = await count();
  const scope = `%${await asRoot(from, `echo ${CARD}`)}`;
  const all = [target.ipv4, target.ipv6, `${target.linkLocal}${scope}`];
  for (const address of all) {
    assertEquals(await reaches(from, address, HELLO), false, address);
    await asRoot(from, `ping -c 2 -W 1 ${address}`);
  }
  await asRoot(from, `ping -6 -c 2 -W 1 ff02::1${scope}`);
  await asRoot(from, "ping -b -c 2 -W 1 255.255.255.255");
  assertEquals(await count(), before, `${from} to ${to}`);
}

async function everythingPasses(from: string, to: string) {
  const { ipv4 } = await addresses(to);
  const before = await countedIn(to, "IcmpInEchos");
  await eventually(async () =>
    assertEquals(await reaches(from, ipv4, HELLO), true)
  );
  assertMatch(await asRoot(from, `ping -c 2 -W 2 ${ipv4}`), / 0% packet loss/);
  assertEquals(await countedIn(to, "IcmpInEchos"), before + 2);
}

/** Of a group's network, or of the one behind NAT: three numbers, with the point. */
async function prefixOf(group: string | undefined): Promise<string> {
  const name = group ? `vms-group-${group}` : "vms";
  const xml = await virsh("net-dumpxml", name);
  return /address='([0-9.]+\.)1'/.exec(xml)![1]!;
}

/** Into a group, or behind NAT; the guest asks for another address then. */
async function move(vm: string, group?: string) {
  await vms("net", vm, group ? `isolated:${group}` : "nat");
  const prefix = await prefixOf(group);
  await eventually(async () => {
    const address = await ownAddress(vm);
    assertEquals(address.startsWith(prefix), true, address);
  }, 120);
}

Deno.test("each of two VMs reaches the outside, and itself by IPv4 and IPv6", async () => {
  for (const vm of [ONE, TWO]) {
    assertEquals(await reaches(vm, OUTSIDE[0]!, 443), true, vm);
    const { ipv4, ipv6, linkLocal } = await addresses(vm);
    const scope = `%${await asRoot(vm, `echo ${CARD}`)}`;
    for (const address of [ipv4, ipv6, `${linkLocal}${scope}`]) {
      assertEquals(await reaches(vm, address, HELLO), true, address);
      const before = await countedIn(vm, "Icmp6InEchos");
      await asRoot(vm, `ping -c 1 -W 1 ${address}`);
      const more = address === ipv4 ? 0 : 1;
      assertEquals(await countedIn(vm, "Icmp6InEchos"), before + more);
    }
  }
});

for (const [from, to] of BOTH) {
  Deno.test(`behind NAT nothing gets from ${from} to ${to}`, () =>
    nothingPasses(from, to));
}

Deno.test("a VM does not reach this host by its IPv6 link-local address", async () => {
  const host = "fe80::beef";
  const ipv6 = (on: boolean) =>
    sh(`echo ${on ? 0 : 1} > /proc/sys/net/ipv6/conf/virbr0/disable_ipv6`);
  await ipv6(true);
  try {
    await sh(`ip address add ${host}/64 dev virbr0 nodad`);
    await addNeighbour("virbr0", "192.168.122.250", false);
    // Whoever is on that bridge without a firewall gets an answer there.
    const inside = "ip netns exec net-neighbour";
    await eventually(async () => {
      const asked = hello(`${host}%eth0`, HELLO);
      const ran = await run([
        "bash",
        "-c",
        `${inside} bash -c "$1"`,
        "-",
        asked,
      ]);
      assertEquals(ran.stdout, "yes\n");
    });
    await addresses(ONE);
    const scope = `%${await asRoot(ONE, `echo ${CARD}`)}`;
    assertEquals(await reaches(ONE, `${host}${scope}`, HELLO), false);
    const said = await asRoot(ONE, `ping -6 -c 2 -W 1 ${host}${scope}`);
    assertMatch(said, /100% packet loss/);
    const known = await sh("ip -6 neigh show dev virbr0");
    const { linkLocal } = await addresses(ONE);
    assertEquals(known.includes(linkLocal), false, known);
  } finally {
    await removeNeighbour();
    await ipv6(false);
  }
});

Deno.test("VMs of two groups do not see each other", async () => {
  await move(ONE, "work");
  await move(TWO, "personal");
  assertNotEquals(await prefixOf("work"), await prefixOf("personal"));
  for (const [from, to] of BOTH) await nothingPasses(from, to);
  // Nor where one gives itself an address of the other's network.
  const spoofed = `${await prefixOf("personal")}77`;
  await asRoot(ONE, `ip address add ${spoofed}/24 dev ${CARD}`);
  const { ipv4 } = await addresses(TWO);
  assertEquals(await reaches(ONE, ipv4, HELLO), false);
  await asRoot(ONE, `ip address delete ${spoofed}/24 dev ${CARD}`);
});

Deno.test("VMs of one group see each other, both ways, and nothing else", async () => {
  await move(TWO, "work");
  for (const [from, to] of BOTH) await everythingPasses(from, to);
  for (const vm of [ONE, TWO]) {
    assertEquals(await reaches(vm, OUTSIDE[0]!, 443), false, vm);
    const host = `${await prefixOf("work")}1`;
    assertEquals(await reaches(vm, host, HELLO), false, vm);
    assertEquals(await reaches(vm, HOST_OUTSIDE, HELLO), false, vm);
  }
  // IPv6 passes not even there.
  const { ipv6 } = await addresses(TWO);
  await addresses(ONE);
  assertEquals(await reaches(ONE, ipv6, HELLO), false);
});

Deno.test("rules and isolation survive a restart of libvirtd, and its death", async () => {
  for (const vm of [ONE, TWO]) await move(vm);
  await vms("firewall", ONE, "default", "deny");
  const rule = `allow tcp 443 to ${OUTSIDE[0]}`;
  await vms("firewall", ONE, ...rule.split(" "));
  const holds = async () => {
    const { ipv4 } = await addresses(ONE);
    await eventually(async () =>
      assertEquals(await reaches(ONE, OUTSIDE[0]!, 443), true)
    );
    assertEquals(await reaches(ONE, OUTSIDE[0]!, 80), false);
    assertEquals(await reaches(ONE, OUTSIDE[1]!, 443), false);
    assertEquals(await reaches(TWO, OUTSIDE[1]!, 443), true);
    assertEquals(await reaches(TWO, ipv4, HELLO), false);
    assertEquals(await reaches(TWO, HOST_OUTSIDE, HELLO), false);
  };
  await holds();
  const rules = await vms("firewall", ONE);
  assertMatch(rules, /^allow tcp 443 to 198\.51\.100\.2\ndefault deny\n$/m);
  for (const words of [[], ["--kill"]]) {
    await restartLibvirtd(...words);
    assertEquals(await vms("firewall", ONE), rules);
    await holds();
  }
  await nothingPasses(TWO, ONE);
});
