import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { GUARD, guards } from "../firewall/guard.ts";
import { filterOf, type Place, type Policy } from "../firewall/policy.ts";
import { parseRule } from "../firewall/rule.ts";
import { hostDestinations } from "../host/addresses.ts";
import { type Expected, withLibvirt } from "../libvirt/fake_virsh.ts";
import {
  type Filter,
  type FilterRule,
  filterXml,
} from "../libvirt/nwfilter_xml.ts";
import { readFirewall, resetFirewall } from "./firewall.ts";
import { filtered } from "./network.ts";
import { writeShared } from "./shared_filters.ts";

const DEFINE = "virsh nwfilter-define /dev/stdin";
const NONE = { error: "no nwfilter with matching name" };
const BRIDGE = { kind: "bridge", name: "br0" } as const;
const RULE = "deny tcp 25 to any";

function policy(place: Place, rest: Policy["default"] = "deny"): Policy {
  const entries = [{ rule: parseRule(RULE.split(" ")) }];
  return { place, default: rest, entries };
}

function there(filter: Filter): Expected {
  const stdout = filterXml(filter, "00000000-0000-5000-8000-000000000000");
  return [`virsh nwfilter-dumpxml ${filter.name}`, { stdout }];
}

function absent(name: string): Expected {
  return [`virsh nwfilter-dumpxml ${name}`, NONE];
}

function made(name: string, ...xml: string[]): Expected {
  return [DEFINE, { xml: [`<filter name="${name}"`, ...xml] }];
}

const GUARDS = guards(hostDestinations()).map(there);

Deno.test("a VM on a bridge stands behind the rules of its template, as they are there", async () => {
  const card = await withLibvirt(
    [
      ...GUARDS,
      there(filterOf("vms.template.gui", policy("nat"))),
      absent("vms.bridge.gui"),
      made(
        "vms.bridge.gui",
        'filter="vms.guard.bridge"',
        RULE,
        "default deny; bridge",
      ),
    ],
    (connection) => filtered(connection, BRIDGE, "gui@3"),
  );
  assertEquals(card.filter, {
    name: "vms.bridge.gui",
    parameters: { GATEWAY: "0.0.0.0" },
  });
});

Deno.test("on a bridge too a template without rules has those of the settings", async () => {
  await withLibvirt(
    [
      ...GUARDS,
      absent("vms.template.gui"),
      absent("vms.bridge.gui"),
      made("vms.template.gui", RULE, "default deny; nat"),
      made("vms.bridge.gui", RULE, "default deny; bridge"),
    ],
    (connection) => filtered(connection, BRIDGE, "gui"),
    {
      config: ({ firewall }) =>
        Object.assign(firewall, { default: "deny", rules: [RULE] }),
    },
  );
});

Deno.test("rules of the settings that are none are said to be", async () => {
  const failure = await assertRejects(() =>
    withLibvirt([
      ...GUARDS,
      absent("vms.template.gui"),
      absent("vms.bridge.gui"),
    ], (connection) =>
      filtered(connection, BRIDGE, "gui"), {
      config: ({ firewall }) =>
        Object.assign(firewall, { rules: ["deny tcp x to any"] }),
    }), Failure);
  assertEquals(failure.exit, "usage");
  assertMatch(
    failure.message,
    /^cannot read \[firewall\] of the settings: "x"/,
  );
});

Deno.test("a VM without a template has those of the settings, also on a bridge", async () => {
  const card = await withLibvirt(
    [
      ...GUARDS,
      there(filterOf("vms.nat", policy("nat"))),
      there(filterOf("vms.bridge", policy("bridge"))),
    ],
    (connection) => filtered(connection, BRIDGE),
  );
  assertEquals(card.filter?.name, "vms.bridge");
});

Deno.test("a guard that an older vms made is made anew", async () => {
  const older = guards(hostDestinations()).map((one) =>
    one.name === GUARD ? { ...one, rules: one.rules.map(early) } : one
  );
  await withLibvirt([
    ...older.map(there),
    there(filterOf("vms.nat", policy("nat"))),
    there(filterOf("vms.bridge", policy("bridge"))),
    made(GUARD, 'priority="590"'),
  ], (connection) => filtered(connection, BRIDGE));
});

/** Names were before the VM's own rules. */
function early(rule: FilterRule): FilterRule {
  return rule.priority === 590 ? { ...rule, priority: -500 } : rule;
}

Deno.test("writeShared() changes a template's rules wherever its VMs have been", () =>
  withLibvirt([
    absent("vms.isolated.gui"),
    absent("vms.alone.gui"),
    there(filterOf("vms.bridge.gui", policy("bridge", "allow"))),
    made("vms.bridge.gui", "default deny; bridge"),
    made("vms.template.gui", "default deny; nat"),
  ], (connection) => writeShared(connection, "gui", policy("nat"))));

Deno.test("what is read of a VM on a bridge is what is in front of it", () =>
  withLibvirt([
    absent("vms-web"),
    there(filterOf("vms.bridge.gui", policy("bridge"))),
  ], async (connection) => {
    const read = await readFirewall(connection, {
      name: "web",
      vm: { name: "web", state: "shut off", kind: "appvm" },
      template: "gui",
      spot: { place: "bridge" },
      card: { ...BRIDGE, filter: { name: "vms.bridge.gui", parameters: {} } },
    });
    assertEquals(read, { policy: policy("bridge"), own: false });
  }));

Deno.test("resetFirewall() of a template leaves its VMs a filter: that of the settings", () =>
  withLibvirt([
    ...GUARDS,
    there(filterOf("vms.template.gui", policy("nat"))),
    absent("vms.isolated.gui"),
    absent("vms.alone.gui"),
    there(filterOf("vms.bridge.gui", policy("bridge"))),
    made("vms.bridge.gui", "default allow; bridge"),
    made("vms.template.gui", "default allow; nat"),
  ], (connection) =>
    resetFirewall(connection, {
      name: "gui",
      template: "gui",
      spot: { place: "nat" },
    })));
