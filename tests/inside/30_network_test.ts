/**
 * Networks and firewall, proven by trying to get through. The outside and a
 * VM's neighbours are network namespaces; the VM is a real guest, in which
 * root does what it can.
 */

import { assertEquals, assertMatch } from "@std/assert";
import * as net from "../e2e/network.ts";
import {
  addNeighbour,
  CARD,
  counted,
  HOST_OUTSIDE,
  OUTSIDE,
  outsideDown,
  outsideUp,
  removeNeighbour,
  sh,
} from "../e2e/network.ts";
import { alice, eventually, fails, run, virsh, vms } from "../e2e/vms.ts";

const VM = "net-one";
const GATEWAY = "192.168.122.1";

const reaches = (address: string, port: number) =>
  net.reaches(VM, address, port);
const asRoot = (script: string) => net.asRoot(VM, script);
const ownAddress = () => net.ownAddress(VM);
const online = () => net.online(VM);

Deno.test.beforeAll(outsideUp);
Deno.test.afterAll(async () => {
  await run(["vms-destroy", "--force", VM]);
  await run(["vms-destroy", "--force", "net-two"]);
  await outsideDown();
  await run(["virsh", "net-destroy", "vms-group-net"]);
  await run(["virsh", "net-undefine", "vms-group-net"]);
});

Deno.test("a VM behind NAT reaches the internet, as told by its template", async () => {
  await vms("clone", "--start", "minimal", VM);
  assertEquals(await vms("net", VM), "nat\n");
  assertEquals(
    await vms("firewall", VM),
    "allow tcp 80 to 192.0.2.1\ndefault allow\n",
  );
  await vms("start", "--wait", VM);
  await online();
  assertEquals(await reaches(OUTSIDE[0]!, 443), true);
  assertEquals(await reaches("192.0.2.1", 80), false, "no hello from a mirror");
  assertMatch(
    await asRoot("exec 3<>/dev/tcp/192.0.2.1/80 && echo open"),
    /^open$/,
  );
});

Deno.test("it does not reach this host, at none of its addresses", async () => {
  for (const address of [GATEWAY, HOST_OUTSIDE, "192.0.2.1"]) {
    assertEquals(await reaches(address, 8022), false, address);
  }
  const told = await asRoot(`ping -c 1 -W 1 ${GATEWAY}`);
  assertMatch(told, / 100% packet loss/);
});

Deno.test("it reaches no neighbour, isolated by the bridge or not", async () => {
  for (const isolated of [true, false]) {
    await addNeighbour("virbr0", "192.168.122.250", isolated);
    const before = await counted("net-neighbour", "IcmpInEchos");
    assertEquals(await reaches("192.168.122.250", 80), false);
    await asRoot("ping -c 2 -W 1 192.168.122.250");
    await asRoot("ping -b -c 2 -W 1 192.168.122.255");
    assertEquals(await counted("net-neighbour", "IcmpInEchos"), before);
    if (isolated) await removeNeighbour();
  }
});

Deno.test("it cannot go around by IPv6", async () => {
  const before = await counted("net-neighbour", "Icmp6InMsgs");
  await asRoot(`ip address add 2001:db8:9::2/64 dev ${CARD} nodad`);
  await asRoot("ping -6 -c 2 -W 1 2001:db8:9::f");
  await asRoot(`ping -6 -c 2 -W 1 ff02::1%${CARD}`);
  await asRoot("exec 3<>/dev/tcp/2001:db8:9::f/80");
  assertEquals(await counted("net-neighbour", "Icmp6InMsgs"), before);
  await asRoot(`ip address delete 2001:db8:9::2/64 dev ${CARD}`);
});

Deno.test("it cannot send from another IPv4 address", async () => {
  const before = await counted("net-outside", "IcmpInEchos");
  await asRoot(`ip address add 192.168.122.77/24 dev ${CARD}`);
  await asRoot(`ping -I 192.168.122.77 -c 2 -W 1 ${OUTSIDE[0]}`);
  assertEquals(await counted("net-outside", "IcmpInEchos"), before);
  // Nor take it over from whoever has it.
  await sh("echo who > /dev/udp/192.168.122.77/9; sleep 2");
  const known = await sh("ip neigh show 192.168.122.77");
  assertEquals(/lladdr/.test(known), false, known);
  await asRoot(`ip address delete 192.168.122.77/24 dev ${CARD}`);
  await asRoot(`ping -c 2 -W 2 ${OUTSIDE[0]}`);
  assertEquals(await counted("net-outside", "IcmpInEchos"), before + 2);
});

Deno.test("it cannot send from another MAC address", async () => {
  const before = await counted("net-outside", "IcmpInEchos");
  const own = await asRoot(`cat /sys/class/net/${CARD}/address`);
  // Without the card going down, which would take the address along.
  await asRoot(`ip link set dev ${CARD} address 52:54:00:99:99:99`);
  await asRoot(`ping -c 2 -W 1 ${OUTSIDE[0]}`);
  assertEquals(await counted("net-outside", "IcmpInEchos"), before);
  const seen = await sh("bridge fdb show br virbr0");
  assertEquals(seen.includes("52:54:00:99:99:99"), false, seen);
  await asRoot(`ip link set dev ${CARD} address ${own}`);
  await online();
  assertEquals(await reaches(OUTSIDE[0]!, 443), true);
});

Deno.test("default deny: nothing but what a rule allows, at once", async () => {
  await vms("firewall", VM, "default", "deny");
  assertEquals(await reaches(OUTSIDE[0]!, 443), false);
  await vms("firewall", VM, ..."allow tcp 443 to 198.51.100.2".split(" "));
  assertEquals(await reaches(OUTSIDE[0]!, 443), true);
  assertEquals(await reaches(OUTSIDE[0]!, 80), false);
  assertEquals(await reaches(OUTSIDE[1]!, 443), false);
  const before = await counted("net-outside", "IcmpInEchos");
  const closed = await counted("net-outside", "UdpNoPorts");
  await asRoot(`ping -c 1 -W 1 ${OUTSIDE[0]}`);
  await asRoot(`echo out > /dev/udp/${OUTSIDE[0]}/443`);
  assertEquals(await counted("net-outside", "IcmpInEchos"), before);
  assertEquals(await counted("net-outside", "UdpNoPorts"), closed);
  await vms("firewall", VM, ..."allow udp 440-450 to any".split(" "));
  await asRoot(`echo out > /dev/udp/${OUTSIDE[0]}/443`);
  await asRoot(`echo out > /dev/udp/${OUTSIDE[0]}/451`);
  assertEquals(await counted("net-outside", "UdpNoPorts"), closed + 1);
  await vms("firewall", VM, ..."allow icmp to 198.51.100.2".split(" "));
  for (const address of OUTSIDE) await asRoot(`ping -c 1 -W 1 ${address}`);
  assertEquals(await counted("net-outside", "IcmpInEchos"), before + 1);
  await vms("firewall", VM, "remove", "4");
});

Deno.test("the first rule that fits decides, and rules can be removed", async () => {
  await vms("firewall", VM, "remove", "1", "2", "3");
  await vms("firewall", VM, ..."deny tcp 443 to 198.51.100.2".split(" "));
  await vms("firewall", VM, ..."allow tcp any to 198.51.100.0/24".split(" "));
  assertEquals(await reaches(OUTSIDE[0]!, 443), false);
  assertEquals(await reaches(OUTSIDE[0]!, 80), true);
  // Counted by rule, and shown to root alone.
  const refused =
    /^refused -p IPv4 --ip-dst 198\.51\.100\.2 --ip-proto tcp --ip-dport 443: \d+ packets?$/m;
  assertMatch(await vms("firewall", VM, "log"), refused);
  assertMatch(
    (await alice("vms-firewall", VM, "log")).stdout,
    new RegExp(
      `^refused: only root may see: sudo vms-firewall ${VM} log$`,
      "m",
    ),
  );
  // What is told stands before what holds for all: this host is open then.
  assertEquals(await reaches(HOST_OUTSIDE, 8022), true);
  assertEquals(
    await vms("firewall", VM),
    "deny tcp 443 to 198.51.100.2\n" +
      "allow tcp any to 198.51.100.0/24\ndefault deny\n",
  );
  await vms("firewall", VM, "remove", "1", "2");
  assertEquals(await reaches(OUTSIDE[0]!, 80), false);
});

async function named(name: string, address: string, what: string) {
  const xml = `<host ip="${address}"><hostname>${name}</hostname></host>`;
  const words = ["net-update", "vms", what, "dns-host", xml, "--live"];
  await virsh(...words);
}

Deno.test("a rule to a name opens what the network's name server says", async () => {
  await named("site.example", OUTSIDE[0]!, "add");
  try {
    await vms("firewall", VM, ..."allow tcp 443 to site.example".split(" "));
    assertEquals(await reaches("site.example", 443), true);
    assertEquals(await reaches(OUTSIDE[1]!, 443), false);
    // A bad name cuts nothing, and opens nothing.
    const bad = ["firewall", VM, ..."allow tcp any to nope.example".split(" ")];
    const { code, stderr } = await run([`vms-${bad[0]}`, ...bad.slice(1)]);
    assertEquals(code, 0);
    assertMatch(stderr, /nope\.example: (no answer|it has no IPv4 address)/);
    assertEquals(await reaches("site.example", 443), true);
    assertEquals(await reaches(OUTSIDE[1]!, 443), false);
  } finally {
    await named("site.example", OUTSIDE[0]!, "delete");
  }
});

Deno.test("--watch follows a name to another address", async () => {
  await named("site.example", OUTSIDE[1]!, "add");
  const watch = new Deno.Command("vms-firewall", {
    args: ["--watch"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    await eventually(async () => {
      assertEquals(await reaches("site.example", 443), true);
    }, 45);
    // What was answered before is open until it expires.
    assertMatch(await vms("firewall", VM, "log"), /198\.51\.100\.2 until/);
    assertEquals(await reaches(OUTSIDE[0]!, 443), true);
    await expire(OUTSIDE[0]!);
    await eventually(async () => {
      assertEquals(await reaches(OUTSIDE[0]!, 443), false);
    }, 90);
    assertEquals(await reaches("site.example", 443), true);
  } finally {
    watch.kill("SIGTERM");
    await watch.output();
    await named("site.example", OUTSIDE[1]!, "delete");
  }
});

/** The time of an address that is open for a name is over. */
async function expire(address: string) {
  const xml = await virsh("nwfilter-dumpxml", `vms-${VM}`);
  const open = new RegExp(`(dstipaddr='${address}'[^>]*until )\\d+`, "g");
  const late = xml.replaceAll(open, "$11");
  assertEquals(late === xml, false, xml);
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, late);
  await virsh("nwfilter-define", path);
  await Deno.remove(path);
}

for (
  const [name, address] of [["evil.example", GATEWAY], [
    "worse.example",
    HOST_OUTSIDE,
  ]] as const
) {
  Deno.test(`a name never opens this host: ${address}`, async () => {
    await named(name, address, "add");
    try {
      await vms("firewall", VM, ...`allow tcp 8022 to ${name}`.split(" "));
      assertEquals(await reaches(address, 8022), false);
    } finally {
      await named(name, address, "delete");
    }
  });
}

Deno.test("a clone has the same rules, and takes them along when it goes", async () => {
  const rules = await vms("firewall", VM);
  await vms("clone", VM, "net-two");
  assertEquals(await vms("firewall", "net-two"), rules);
  assertMatch(await virsh("nwfilter-list"), /vms-net-two/);
  await vms("destroy", "net-two");
  assertEquals(/vms-net-two/.test(await virsh("nwfilter-list")), false);
});

Deno.test("reset goes back to the rules of the template", async () => {
  await vms("firewall", VM, "reset");
  assertEquals(
    await vms("firewall", VM),
    "allow tcp 80 to 192.0.2.1\ndefault allow\n",
  );
  assertEquals(await reaches(OUTSIDE[1]!, 80), true);
  assertEquals(/vms-net-one/.test(await virsh("nwfilter-list")), false);
});

Deno.test("rules of a template hold for its VMs, also while they run", async () => {
  await vms("firewall", "minimal", ..."deny tcp 443 to any".split(" "));
  assertEquals(await reaches(OUTSIDE[0]!, 443), false);
  assertEquals(await reaches(OUTSIDE[0]!, 80), true);
  await vms("firewall", "minimal", "remove", "2");
  assertEquals(await reaches(OUTSIDE[0]!, 443), true);
  await vms("firewall", "minimal", "default", "deny");
  assertEquals(await reaches(OUTSIDE[0]!, 443), false);
  await vms("firewall", "minimal", "default", "allow");
  assertEquals(await reaches(OUTSIDE[0]!, 443), true);
});

Deno.test("vms-net moves a running VM into a group, and cuts it off", async () => {
  await vms("firewall", VM, ..."deny tcp 9 to any".split(" "));
  await vms("net", VM, "isolated:net");
  assertEquals(await vms("net", VM), "isolated:net\n");
  const xml = await virsh("net-dumpxml", "vms-group-net");
  const bridge = /bridge name='([^']+)'/.exec(xml)![1]!;
  const prefix = /address='([0-9.]+)\.1'/.exec(xml)![1]!;
  await eventually(async () => {
    assertEquals((await ownAddress()).startsWith(`${prefix}.`), true);
  }, 120);
  await removeNeighbour();
  await addNeighbour(bridge, `${prefix}.250`, false);
  await eventually(async () => {
    assertEquals(await reaches(`${prefix}.250`, 80), true);
  }, 20);
  assertEquals(await reaches(OUTSIDE[0]!, 80), false);
  assertEquals(await reaches(`${prefix}.1`, 8022), false);
  assertMatch(
    await vms("firewall", VM),
    /^deny tcp 9 to any\ndefault allow\n$/m,
  );
  await vms("net", VM, "none");
  assertEquals(await vms("net", VM), "none\n");
  assertEquals(await reaches(`${prefix}.250`, 80), false);
  await vms("net", VM, "nat");
  await online();
  await eventually(async () => {
    assertEquals(await reaches(OUTSIDE[0]!, 80), true);
  }, 60);
  // Rules stay with the VM wherever it goes.
  assertMatch(await vms("firewall", VM), /deny tcp 9 to any/);
});

Deno.test("rules hold after a restart of the VM", async () => {
  await vms("firewall", VM, ..."deny tcp 80 to any".split(" "));
  await vms("stop", "--force", "--timeout=0", VM);
  await vms("start", "--wait", VM);
  await online();
  await eventually(async () => {
    assertEquals(await reaches(OUTSIDE[0]!, 443), true);
  }, 30);
  assertEquals(await reaches(OUTSIDE[0]!, 80), false);
});

Deno.test("what cannot be done is said, and changes nothing", async () => {
  const rules = await vms("firewall", VM);
  await fails(3, "no VM has that name", "firewall", "nobody", "list");
  await fails(3, "no VM has that name", "net", "nobody", "nat");
  await fails(2, "is none of none, nat", "net", VM, "wifi");
  await fails(2, "is not a port of tcp", "firewall", VM, "allow", "tcp", "x");
  await fails(3, "cannot remove rule 99", "firewall", VM, "remove", "99");
  await fails(
    4,
    "it has that rule",
    "firewall",
    VM,
    ..."deny tcp 80 to any".split(" "),
  );
  await fails(6, 'this host has no bridge "nope"', "net", VM, "bridge:nope");
  const dry = await run(["vms-firewall", "-n", VM, "default", "deny"]);
  assertEquals([dry.code, dry.stdout], [0, ""]);
  assertMatch(dry.stderr, /^\+ virsh .*nwfilter-define/m);
  assertEquals(await vms("firewall", VM), rules);
});
