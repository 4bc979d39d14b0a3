import { assert, assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { filterUuid, filterXml, readFilter } from "../libvirt/nwfilter_xml.ts";
import { guards, OF_THE_HOST, reachable } from "./guard.ts";
import {
  type Entry,
  filterOf,
  meaning,
  MOST_RULES,
  type Place,
  type Policy,
  policyLines,
  readPolicy,
} from "./policy.ts";
import { parseRule } from "./rule.ts";

const rule = (text: string) => parseRule(text.split(" "));

function policy(entries: Entry[], more: Partial<Policy> = {}): Policy {
  return { place: "nat", default: "deny", entries, ...more };
}

const NAMED: Entry = {
  rule: rule("allow tcp 443 to example.org"),
  known: [
    { address: "203.0.113.7", until: 1763730000 },
    { address: "203.0.113.8", until: 1763730060 },
  ],
};

/** As libvirt keeps it. */
function throughXml(given: Policy): Policy {
  return readPolicy(readFilter(filterXml(filterOf("vms-web", given), "")));
}

Deno.test("readPolicy() reads what filterOf() wrote", () => {
  const given = policy([
    { rule: rule("deny udp any to any") },
    NAMED,
    { rule: rule("allow tcp 443 to other.example"), known: [] },
    { rule: rule("allow any to 10.0.0.0/8") },
    { rule: rule("allow any to 10.0.0.0/8") },
    NAMED,
    NAMED,
  ]);
  assertEquals(throughXml(given), given);
  for (const place of ["nat", "isolated", "bridge"] as Place[]) {
    for (const rest of ["allow", "deny"] as const) {
      const other = policy([], { place, default: rest });
      assertEquals(throughXml(other), other);
    }
  }
});

Deno.test("filterOf() opens a name's addresses and nothing for one without", () => {
  const accepted = (entry: Entry) =>
    filterOf("vms-web", policy([entry])).rules
      .filter(({ action }) => action === "accept")
      .map(({ match }) => `${match!.dstipaddr}/${match!.dstipmask}`);
  assertEquals(accepted(NAMED), ["203.0.113.7/32", "203.0.113.8/32"]);
  assertEquals(accepted({ ...NAMED, known: [] }), []);
});

Deno.test("filterOf() is in the order of the rules, the default behind", () => {
  const entries = ["deny tcp 25 to any", "allow tcp any to 203.0.113.0/24"]
    .map((text) => ({ rule: rule(text) }));
  const { rules } = filterOf("vms-web", policy(entries, { default: "allow" }));
  assertEquals(rules.filter(({ priority }) => priority < 700), [
    {
      action: "drop",
      direction: "out",
      priority: 1,
      protocol: "ip",
      match: {
        protocol: "tcp",
        dstportstart: 25,
        dstportend: 25,
        comment: "deny tcp 25 to any",
      },
    },
    {
      action: "accept",
      direction: "out",
      priority: 2,
      protocol: "ip",
      match: {
        protocol: "tcp",
        dstipaddr: "203.0.113.0",
        dstipmask: 24,
        dstportstart: undefined,
        dstportend: undefined,
        comment: "allow tcp any to 203.0.113.0/24",
      },
    },
  ]);
  const rest = rules.filter(({ priority }) => priority >= 700);
  assertEquals(rest.map(({ action }) => action), [
    ...Array(8).fill("drop"),
    "accept",
    "drop",
  ]);
});

Deno.test("filterOf() lets through nothing by default where that is deny", () => {
  for (const place of ["nat", "isolated", "bridge"] as Place[]) {
    const { rules } = filterOf("vms-web", policy([], { place }));
    assertEquals(rules.map(({ action }) => action), ["drop"], place);
  }
});

Deno.test("readPolicy() refuses rules that are not of vms", () => {
  const filter = filterOf("vms-web", policy([NAMED]));
  filter.rules[0]!.match!.comment = "let everything in";
  const { exit, message, hint } = assertThrows(
    () => readPolicy(filter),
    Failure,
  );
  assertEquals([exit, message, hint], [
    "conflict",
    'cannot read the filter "vms-web": it has a rule that is not one of vms: ' +
    '"let" is none of allow, deny',
    "virsh nwfilter-dumpxml vms-web",
  ]);
});

Deno.test("policyLines() are what vms-firewall takes", () => {
  assertEquals(policyLines(policy([NAMED])), [
    "allow tcp 443 to example.org",
    "default deny",
  ]);
  assertEquals(
    meaning(policy([], { default: "allow" })),
    "the internet, not this host and private networks",
  );
});

Deno.test("guards() shut all addresses of the host that others can send to", () => {
  const addresses = ["127.0.0.1", "192.168.1.2", "198.51.100.1", "fe80::1"];
  assertEquals(reachable(addresses), ["192.168.1.2", "198.51.100.1"]);
  const host = guards(addresses).find(({ name }) => name === "vms.host")!;
  assertEquals(host.rules.map(({ match }) => match), [
    { dstipaddr: "192.168.1.2" },
    { dstipaddr: "198.51.100.1" },
  ]);
});

Deno.test("guards() open of this host what the pages say, and nothing else", async () => {
  const guard = guards([]).find(({ name }) => name === "vms.guard")!;
  const open = guard.rules
    .filter(({ action, match }) =>
      action === "accept" && match?.dstipaddr === "$GATEWAY"
    )
    .map(({ match }) => `${match?.protocol} ${match?.dstportstart ?? ""}`);
  // In the same order: DHCP, names.
  assertEquals(open, ["udp 67", "udp 53", "tcp 53"]);
  for (
    const page of [
      "share/man/man1/vms-net.1",
      "share/man/man1/vms-firewall.1",
      "README.md",
      "docs/firewall.md",
    ]
  ) {
    const url = new URL(`../../${page}`, import.meta.url);
    const text = (await Deno.readTextFile(url)).replaceAll(/\s+/g, " ");
    assert(text.includes(OF_THE_HOST), page);
  }
});

Deno.test("names of the host come behind a VM's rules, and before what shuts the host", () => {
  const all = guards(["198.51.100.1"]);
  const names = all.find(({ name }) => name === "vms.guard")!.rules
    .filter(({ match }) => match?.dstportstart === 53);
  const host = all.find(({ name }) => name === "vms.host")!.rules[0]!;
  for (const { priority } of names) {
    assert(MOST_RULES < priority && priority < host.priority);
  }
});

Deno.test("whoever is alone sends nothing by default, not to his own network", () => {
  const policy: Policy = { place: "alone", default: "allow", entries: [] };
  const { rules } = filterOf("vms.alone", policy);
  assertEquals(rules.map(({ action }) => action), ["drop"]);
  assertEquals(readPolicy(filterOf("vms.alone", policy)), policy);
  assertEquals(meaning(policy), "nothing, it is alone");
});

Deno.test("guards() let nothing pass that is neither ARP nor IPv4", () => {
  const guard = guards([]).find(({ name }) => name === "vms.guard")!;
  const last = guard.rules.at(-1)!;
  assertEquals(last, { action: "drop", direction: "inout", priority: 1000 });
  const accepted = guard.rules.filter(({ action }) => action === "accept");
  for (const { protocol, match } of accepted) {
    const kinds = ["arp", "ip"];
    const known = kinds.includes(protocol!) ||
      ["arp", "ipv4"].includes(`${match!.protocolid}`);
    assertEquals(known, true, JSON.stringify(match));
  }
});

Deno.test("filterUuid() is the same for the same name", async () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-/;
  const uuid = await filterUuid("vms-web");
  assertEquals(pattern.test(uuid) && uuid.length === 36, true, uuid);
  assertEquals(await filterUuid("vms-web"), uuid);
  assertEquals(await filterUuid("vms-web2") === uuid, false);
});
