import { assertEquals, assertMatch } from "@std/assert";
import { guards } from "../firewall/guard.ts";
import { secondsNow } from "../firewall/known_address.ts";
import { filterOf, type Policy } from "../firewall/policy.ts";
import { parseRule } from "../firewall/rule.ts";
import { hostDestinations } from "../host/addresses.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  type Table,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { networkXml } from "../libvirt/network_xml.ts";
import { type Filter, filterXml } from "../libvirt/nwfilter_xml.ts";
import { lock } from "../lock/lock.ts";
import type { Ask } from "./allowed_names.ts";
import { renewAtStart } from "./names_at_start.ts";

/** Nobody else's: locks are those of this host. */
const TEMPLATE = `gui-${crypto.randomUUID().slice(0, 8)}`;
const OWN = "vms-web";
const SHARED = `vms.template.${TEMPLATE}`;

const VM: Listed = {
  name: "web",
  state: "shut off",
  kind: "appvm",
  template: `${TEMPLATE}@1`,
};
const LIST: Listed[] = [
  { name: `${TEMPLATE}@1`, state: "shut off", kind: "template" },
  VM,
];

const OLD = "203.0.113.1";
const NEW = "203.0.113.2";

/** Rules with a name whose address has expired. */
function policy(...names: string[]): Policy {
  const known = [{ address: OLD, until: secondsNow() - 10 }];
  const entries = names.map((name) => ({
    rule: parseRule(["allow", "tcp", "443", "to", name]),
    known,
  }));
  return { place: "nat", default: "deny", entries };
}

function there(filter: Filter): Expected {
  const stdout = filterXml(filter, "00000000-0000-5000-8000-000000000000");
  return [`virsh nwfilter-dumpxml ${filter.name}`, { stdout }];
}

const absent = (name: string): Expected => [
  `virsh nwfilter-dumpxml ${name}`,
  { error: "no nwfilter with matching name" },
];

const written = (...xml: string[]): Expected => [
  "virsh nwfilter-define /dev/stdin",
  { xml },
];

const NETWORK: Expected = ["virsh net-dumpxml vms", {
  stdout: networkXml({ name: "vms", subnet: 122 }),
}];

const DOMAIN = dumped(domainNamed("web", {
  metadata: { kind: "appvm" },
  network: { name: "vms", filter: { name: OWN, parameters: {} } },
}));

const GUARDS = guards(hostDestinations()).map(there);

/** What is looked at for the names of the VM's own rules. */
const looked = (own: Policy): Expected[] => [
  DOMAIN,
  NETWORK,
  there(filterOf(OWN, own)),
];

const none = filterOf(SHARED, { place: "nat", default: "allow", entries: [] });

async function starting(table: Table, ask: Ask): Promise<string[]> {
  const said: string[] = [];
  await withLibvirt(table, (connection) =>
    renewAtStart(connection, LIST, VM, {
      warn: (line) => said.push(line),
      ask: () => ask,
    }));
  return said;
}

const answering: Ask = (name) =>
  name.startsWith("bad")
    ? Promise.reject(new Error("no such name"))
    : Promise.resolve({ addresses: [NEW], ttl: 60 });

Deno.test("renewAtStart() asks nothing more where no rule has a name", async () => {
  const plain = { ...policy(), entries: [{ rule: parseRule(RULE) }] };
  const said = await starting(
    [there(filterOf(OWN, plain)), there(none)],
    answering,
  );
  assertEquals(said, []);
});

const RULE = "allow tcp 443 to 203.0.113.0/24".split(" ");

Deno.test("renewAtStart() opens what the VM's names are now; a bad one cuts no other", async () => {
  const own = policy("bad.example", "good.example");
  const said = await starting([
    there(filterOf(OWN, own)),
    there(none),
    ...looked(own),
    ...looked(own),
    ...GUARDS,
    there(none),
    written(NEW, "allow tcp 443 to bad.example", "allow tcp 443 to good"),
  ], answering);
  assertEquals(said.length, 1);
  assertMatch(said[0]!, /bad\.example: no answer: .*vms-firewall web refresh$/);
});

const EXPIRED = there(filterOf(SHARED, policy("good.example")));

/** What is done for the names of the template's rules. */
const RENEWED: Expected[] = [
  absent(OWN),
  EXPIRED,
  ...[NETWORK, EXPIRED],
  ...[NETWORK, EXPIRED],
  ...GUARDS,
  EXPIRED,
  absent(`vms.isolated.${TEMPLATE}`),
  absent(`vms.alone.${TEMPLATE}`),
  absent(`vms.bridge.${TEMPLATE}`),
  written(`name="${SHARED}"`, NEW),
];

Deno.test("renewAtStart() renews the template's names where the VM has no rules", async () => {
  const said = await starting(RENEWED, answering);
  assertEquals(said, []);
});

Deno.test("renewAtStart() leaves the template's rules to the command that changes them", async () => {
  using _held = await lock("rules", TEMPLATE);
  const shared = filterOf(SHARED, policy("good.example"));
  const said = await starting([
    absent(OWN),
    there(shared),
    ...[NETWORK, there(shared)],
  ], answering);
  assertMatch(said.join(), /another command is changing it/);
});

Deno.test("renewAtStart() renews the template's names while a build has the template", async () => {
  using _held = await lock("template", TEMPLATE);
  const said = await starting(RENEWED, answering);
  assertEquals(said, []);
});

Deno.test("renewAtStart() closes what has expired, and loses no rule that came meanwhile", async () => {
  const shared = filterOf(SHARED, policy("good.example"));
  const more = filterOf(SHARED, policy("good.example", "new.example"));
  await starting([
    absent(OWN),
    there(shared),
    ["virsh net-dumpxml vms", { error: "no network with matching name" }],
    there(more),
    absent(`vms.isolated.${TEMPLATE}`),
    absent(`vms.alone.${TEMPLATE}`),
    absent(`vms.bridge.${TEMPLATE}`),
    written(`name="${SHARED}"`, "allow tcp 443 to new.example"),
  ], answering);
});

Deno.test("renewAtStart() asks for a template's names once for many VMs", async () => {
  let asked = 0;
  const now = filterOf(SHARED, {
    ...policy(),
    entries: [{
      rule: parseRule(["allow", "tcp", "443", "to", "good.example"]),
      known: [{ address: NEW, until: secondsNow() + 300 }],
    }],
  });
  const ask: Ask = (name) => (asked++, answering(name));
  await withLibvirt(
    [...RENEWED, absent(OWN), there(now)],
    async (connection) => {
      const options = { warn() {}, ask: () => ask };
      await renewAtStart(connection, LIST, VM, options);
      await renewAtStart(connection, LIST, VM, options);
    },
  );
  assertEquals(asked, 1);
});

Deno.test("renewAtStart() asks nobody in a dry run", async () => {
  const own = filterOf(OWN, policy("good.example"));
  const ask = () => Promise.reject(new Error("asked"));
  const said: string[] = [];
  await withLibvirt([
    there(own),
    there(none),
    there(own),
    ["+ virsh nwfilter-define /dev/stdin"],
  ], (connection) =>
    renewAtStart(connection, LIST, VM, {
      warn: (line) => said.push(line),
      ask: () => ask,
    }), { dryRun: true });
  assertEquals(said, []);
});

Deno.test("renewAtStart() fails no start where nobody can be asked", async () => {
  const own = policy("good.example");
  const said = await starting([
    there(filterOf(OWN, own)),
    there(none),
    DOMAIN,
    ["virsh net-dumpxml vms", { error: "no network with matching name" }],
    there(filterOf(OWN, own)),
    written(`name="${OWN}"`),
  ], answering);
  assertMatch(said.join(), /cannot read the network "vms"/);
});
