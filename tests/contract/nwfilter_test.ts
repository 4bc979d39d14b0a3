/** Filters and networks of ours, as the real libvirt takes them. */

import { assertEquals } from "@std/assert";
import { guards, isAsWanted } from "../../lib/firewall/guard.ts";
import {
  filterOf,
  type Place,
  type Policy,
  readPolicy,
} from "../../lib/firewall/policy.ts";
import { parseRule } from "../../lib/firewall/rule.ts";
import { cardXml, readCards } from "../../lib/libvirt/network_card.ts";
import {
  getNetwork,
  getNetworks,
  makeNetwork,
} from "../../lib/libvirt/network.ts";
import {
  defineFilter,
  filterNames,
  getFilter,
  undefineFilter,
} from "../../lib/libvirt/nwfilter.ts";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { realRun } from "../../lib/process/run.ts";

const run = realRun({ trace: false, dryRun: false, log() {} });
const virsh = new Virsh(run, "qemu:///system");
const NAME = "vms-net-contract";

const RULES = [
  "deny tcp 25 to any",
  "allow udp 5000-5010 to 203.0.113.0/24",
  "allow icmp to 198.51.100.7",
  "allow tcp any to any",
  "deny any to 10.0.0.0/8",
];

function policy(place: Place): Policy {
  return {
    place,
    default: "allow",
    entries: [
      ...RULES.map((text) => ({ rule: parseRule(text.split(" ")) })),
      {
        rule: parseRule("allow tcp 443 to example.org".split(" ")),
        known: [{ address: "203.0.113.7", until: 1763730000 }],
      },
      {
        rule: parseRule("allow tcp 80 to other.example".split(" ")),
        known: [],
      },
    ],
  };
}

Deno.test("nwfilter: a policy is the same after libvirt kept it", async () => {
  try {
    for (const place of ["nat", "isolated", "bridge"] as const) {
      const filter = filterOf(NAME, policy(place));
      const what = `cannot define for ${place}`;
      await virsh.must(what, await defineFilter(filter));
      assertEquals((await filterNames(virsh)).includes(NAME), true);
      assertEquals(readPolicy((await getFilter(virsh, NAME))!), policy(place));
    }
  } finally {
    await virsh.try(undefineFilter(NAME));
  }
  assertEquals(await getFilter(virsh, NAME), undefined);
});

Deno.test("nwfilter: the guards are taken, and again in their own place", async () => {
  const before = await filterNames(virsh);
  const renamed = guards(["198.51.100.1"]).map((filter) => ({
    ...filter,
    name: filter.name.replace("vms.", "vms.contract."),
  }));
  try {
    for (const filter of [...renamed, ...renamed]) {
      await virsh.must(
        `cannot define ${filter.name}`,
        await defineFilter(filter),
      );
    }
    for (const filter of renamed) {
      const kept = (await getFilter(virsh, filter.name))!;
      assertEquals(kept.rules.length, filter.rules.length, filter.name);
      assertEquals(kept.includes, filter.includes);
      assertEquals(isAsWanted(kept, filter), true, filter.name);
    }
  } finally {
    for (const { name } of renamed.toReversed()) {
      await virsh.try(undefineFilter(name));
    }
  }
  assertEquals(await filterNames(virsh), before);
});

Deno.test("network: an isolated one has no way out and no names", async () => {
  try {
    await makeNetwork(virsh, { name: NAME, subnet: 249, isolated: true });
    const network = (await getNetwork(virsh, NAME))!;
    assertEquals([network.forward, network.gateway], [
      undefined,
      "192.168.249.1",
    ]);
    const xml = await virsh.must("a look", look("net-dumpxml", NAME));
    assertEquals(/<dns enable='no'\/>/.test(xml), true, xml);
    const all = (await getNetworks(virsh)).map(({ name }) => name);
    assertEquals(all.includes(NAME), true);
  } finally {
    await virsh.batch([
      change(["net-destroy", NAME]),
      change(["net-undefine", NAME]),
    ]);
  }
  assertEquals(await getNetwork(virsh, NAME), undefined);
});

Deno.test("network card: libvirt keeps filter, parameters and isolation", async () => {
  const card = {
    name: "default",
    kind: "network" as const,
    mac: "52:54:00:01:02:03",
    isolated: true,
    down: false,
    filter: {
      name: "vms.guard",
      parameters: { CTRL_IP_LEARNING: "dhcp", GATEWAY: "192.168.122.1" },
    },
  };
  const xml = `<domain type="qemu"><name>${NAME}</name><memory>65536</memory>` +
    `<os><type machine="q35">hvm</type></os><devices>${
      cardXml(card).text
    }</devices></domain>`;
  const [, dumped] = await virsh.mustAll("cannot define", [
    change(["define", "--validate", XML_FILE], xml),
    look("dumpxml", NAME),
    change(["undefine", NAME]),
  ]);
  assertEquals(readCards(dumped!), [card]);
});
