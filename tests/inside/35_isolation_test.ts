/** Two VMs that run, and what gets from one to the other, and to this host. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  addNeighbour,
  allCountedIn,
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
import {
  eventually,
  inGuest,
  restartLibvirtd,
  run,
  virsh,
  vms,
} from "../e2e/vms.ts";

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
  for (const network of new Set(Object.values(NETWORKS))) {
    if (network === "vms") continue;
    await run(["virsh", "net-destroy", network]);
    await run(["virsh", "net-undefine", network]);
  }
});

/** Prints card, MAC, IPv4 and link-local IPv6 address of a guest whose IPv6 address is $1. */
const ADDRESSES = `card=${CARD}
  ip address add $1/64 dev $card nodad 2>/dev/null
  read -r mac < /sys/class/net/$card/address
  for i in {1..100}; do
    local=$(ip -6 -o address show dev $card scope link | grep -o "fe80[^/]*")
    ipv4=$(ip -4 -o address show dev $card | grep -o "inet [0-9.]*")
    [ -z "$local" ] || [ -z "$ipv4" ] || break
    sleep 0.3
  done
  echo "$card $mac \${ipv4#inet } $local"`;

/** A guest's card and its addresses, which are others where it is connected elsewhere. */
async function addresses(vm: string) {
  const ipv6 = IPV6[vm]!;
  const said = await inGuest(vm, "bash", "-c", ADDRESSES, "bash", ipv6);
  const [card = "", mac = "", ipv4 = "", linkLocal = ""] = said.split(" ");
  assertMatch(ipv4, /^\d+(\.\d+){3}$/, said);
  assertMatch(linkLocal, /^fe80::\S+$/, said);
  return { card, mac, ipv4, ipv6, linkLocal };
}

/** What a guest counts of what reached it. */
const COUNTERS = [
  "IcmpInEchos",
  "Icmp6InEchos",
  "TcpPassiveOpens",
  "UdpNoPorts",
  "Udp6NoPorts",
];

function arrived(vm: string): Promise<number[]> {
  return allCountedIn(vm, COUNTERS);
}

/** Nothing of one gets to the other: no connection, and no packet. */
async function nothingPasses(from: string, to: string) {
  const target = await addresses(to);
  const scope = `%${(await addresses(from)).card}`;
  const before = await arrived(to);
  const all = [target.ipv4, target.ipv6, `${target.linkLocal}${scope}`];
  await asRoot(
    from,
    [
      ...all.map(sending),
      `ping -6 -c 2 -W 1 ff02::1${scope} &`,
      "ping -b -c 2 -W 1 255.255.255.255 &",
      "wait",
    ].join("\n"),
  );
  // Nobody answers who has the address, so it is said: the other, or this host.
  for (const mac of [target.mac, await gatewayMac(from)]) {
    await asRoot(from, sendingBy(mac, [target.ipv4, target.ipv6]));
  }
  assertEquals(await arrived(to), before, `${from} to ${to}`);
}

/** Words of bash that send all kinds of things to an address, and do not wait. */
function sending(address: string): string {
  return `ping -c 2 -W 1 ${address} &
    timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${HELLO}' &
    timeout 3 bash -c 'echo it > /dev/udp/${address}/9' &`;
}

/** The same, by way of a MAC address, until it is over. */
function sendingBy(mac: string, addresses: string[]): string {
  const words = (verb: string, rest: string) =>
    addresses.map((address) => {
      const six = address.includes(":");
      const [ip, bits] = six ? ["ip -6", 128] : ["ip", 32];
      return `${ip} route ${verb} ${address}/${bits} dev ${CARD}
        ${ip} neigh ${verb} ${address} ${rest} dev ${CARD}`;
    });
  return [
    ...words("replace", `lladdr ${mac} nud permanent`),
    ...addresses.map(sending),
    "wait",
    ...words("delete", ""),
  ].join("\n");
}

/** This host's own MAC address in the network of a VM, which hands on. */
async function gatewayMac(vm: string): Promise<string> {
  const cards = await virsh("domiflist", vm);
  const [, network] = / network +(\S+)/.exec(cards)!;
  const xml = await virsh("net-dumpxml", network!);
  return /<mac address='([^']+)'/.exec(xml)![1]!;
}

async function everythingPasses(from: string, to: string) {
  const { ipv4, mac } = await addresses(to);
  const before = await countedIn(to, "IcmpInEchos");
  await eventually(async () =>
    assertEquals(await reaches(from, ipv4, HELLO), true)
  );
  assertMatch(await asRoot(from, `ping -c 2 -W 2 ${ipv4}`), / 0% packet loss/);
  assertEquals(await countedIn(to, "IcmpInEchos"), before + 2);
  // What is sent where nothing passes does arrive.
  const [echoes, , opens, closed] = await arrived(to);
  await asRoot(from, sendingBy(mac, [ipv4]));
  const now = await arrived(to);
  assertEquals([now[0], now[2], now[3]], [
    echoes! + 2,
    opens! + 1,
    closed! + 1,
  ]);
}

/** libvirt's network of what vms-net takes. */
const NETWORKS: Record<string, string> = {
  nat: "vms",
  isolated: "vms-isolated",
  "isolated:work": "vms-group-work",
  "isolated:personal": "vms-group-personal",
};

/** Three numbers, with the point. */
async function prefixOf(place: string): Promise<string> {
  const xml = await virsh("net-dumpxml", NETWORKS[place]!);
  return /address='([0-9.]+\.)1'/.exec(xml)![1]!;
}

/** Connected elsewhere; the guest asks for another address then. */
async function move(vm: string, place: string) {
  await vms("net", vm, place);
  const prefix = await prefixOf(place);
  await eventually(async () => {
    const address = await ownAddress(vm);
    assertEquals(address.startsWith(prefix), true, address);
  }, 240);
}

/** Whether a name server at that address takes the guest's questions. */
async function asksNames(vm: string, address: string): Promise<boolean> {
  const open = `timeout 4 bash -c ': > /dev/tcp/${address}/53' 2>/dev/null`;
  return await asRoot(vm, `${open} && echo yes || echo no`) === "yes";
}

Deno.test("each of two VMs reaches the outside, and itself by IPv4 and IPv6", async () => {
  assertEquals(await asksNames(ONE, `${await prefixOf("nat")}1`), true);
  for (const vm of [ONE, TWO]) {
    assertEquals(await reaches(vm, OUTSIDE[0]!, 443), true, vm);
    const { card, ipv4, ipv6, linkLocal } = await addresses(vm);
    for (const address of [ipv4, ipv6, `${linkLocal}%${card}`]) {
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

Deno.test("behind NAT a rule lets one send to the other, by way of this host", async () => {
  await vms("firewall", ONE, ..."allow any to any".split(" "));
  const { ipv4 } = await addresses(TWO);
  const [echoes] = await arrived(TWO);
  await asRoot(ONE, sendingBy(await gatewayMac(ONE), [ipv4]));
  assertEquals((await arrived(TWO))[0], echoes! + 2);
  await vms("firewall", ONE, "reset");
});

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
    const { card, linkLocal } = await addresses(ONE);
    const scope = `%${card}`;
    assertEquals(await reaches(ONE, `${host}${scope}`, HELLO), false);
    const said = await asRoot(ONE, `ping -6 -c 2 -W 1 ${host}${scope}`);
    assertMatch(said, /100% packet loss/);
    const known = await sh("ip -6 neigh show dev virbr0");
    assertEquals(known.includes(linkLocal), false, known);
  } finally {
    await removeNeighbour();
    await ipv6(false);
  }
});

Deno.test("VMs of two groups do not see each other", async () => {
  await move(ONE, "isolated:work");
  await move(TWO, "isolated:personal");
  const other = await prefixOf("isolated:personal");
  assertNotEquals(await prefixOf("isolated:work"), other);
  for (const [from, to] of BOTH) await nothingPasses(from, to);
  // Nor where one gives itself an address of the other's network.
  await asRoot(ONE, `ip address add ${other}77/24 dev ${CARD}`);
  const { ipv4 } = await addresses(TWO);
  const before = await arrived(TWO);
  await asRoot(ONE, sendingBy(await gatewayMac(ONE), [ipv4]));
  assertEquals(await arrived(TWO), before);
  await asRoot(ONE, `ip address delete ${other}77/24 dev ${CARD}`);
});

Deno.test("VMs that are isolated alone share a network, and see nothing of it", async () => {
  for (const vm of [ONE, TWO]) await move(vm, "isolated");
  for (const [from, to] of BOTH) await nothingPasses(from, to);
  assertMatch(
    await vms("firewall", ONE, "list", "--json"),
    /"means":"nothing, it is alone"/,
  );
});

Deno.test("VMs of one group see each other, both ways, and nothing else", async () => {
  for (const vm of [ONE, TWO]) await move(vm, "isolated:work");
  for (const [from, to] of BOTH) await everythingPasses(from, to);
  const prefix = await prefixOf("isolated:work");
  for (const vm of [ONE, TWO]) {
    // Its network names no way out, so it makes one.
    await asRoot(vm, `ip route replace default via ${prefix}1 dev ${CARD}`);
    assertEquals(await reaches(vm, OUTSIDE[0]!, 443), false, vm);
    for (const host of [`${prefix}1`, HOST_OUTSIDE]) {
      assertEquals(await reaches(vm, host, HELLO), false, vm);
      assertEquals(await asksNames(vm, host), false, vm);
    }
    await asRoot(vm, "ip route delete default");
  }
  // IPv6 passes not even there.
  const { ipv6 } = await addresses(TWO);
  await addresses(ONE);
  assertEquals(await reaches(ONE, ipv6, HELLO), false);
});

/** A datagram to all of a network: bash cannot ask for that. */
function broadcast(address: string): string[] {
  const script = `import dgram from "node:dgram";
    const socket = dgram.createSocket("udp4");
    socket.bind(() => {
      socket.setBroadcast(true);
      socket.send("it", 9, "${address}", () => socket.close());
    });`;
  return ["deno", "eval", script];
}

Deno.test("a VM of a group does not reach this host by what is sent to all", async () => {
  const prefix = await prefixOf("isolated:work");
  const xml = await virsh("net-dumpxml", "vms-group-work");
  const bridge = /bridge name='([^']+)'/.exec(xml)![1]!;
  const all = `${prefix}255`;
  // Nobody listens to those, here too.
  const heard = () =>
    sh("nstat -asz UdpIgnoredMulti | awk '!/#/ { print $2 }'");
  await addNeighbour(bridge, `${prefix}250`, false);
  try {
    // Whoever is on that bridge without a firewall is heard.
    const silent = await heard();
    const inside = ["ip", "netns", "exec", "net-neighbour"];
    await eventually(async () => {
      const sent = await run([...inside, ...broadcast(all)]);
      assertEquals(sent.code, 0, sent.stderr);
      assertNotEquals(await heard(), silent);
    });
    const before = await heard();
    await inGuest(ONE, ...broadcast(all));
    assertEquals(await heard(), before);
  } finally {
    await removeNeighbour();
  }
});

Deno.test("rules and isolation survive a restart of libvirtd, and its death", async () => {
  for (const vm of [ONE, TWO]) await move(vm, "nat");
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
