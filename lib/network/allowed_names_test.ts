import { assertEquals, assertRejects } from "@std/assert";
import type { Policy } from "../firewall/policy.ts";
import { parseRule } from "../firewall/rule.ts";
import { asking, hasNames, renewNames } from "./allowed_names.ts";

const NONE = "it has no IPv4 address outside of this host and of private " +
  "networks; those are allowed by address";
const NOW = 1_000_000;

function policy(...texts: string[]): Policy {
  const entries = texts.map((text) => {
    const rule = parseRule(text.split(" "));
    const named = typeof rule.to === "object" && "name" in rule.to;
    return { rule, ...(named && { known: [] }) };
  });
  return { place: "nat", default: "deny", entries };
}

function known({ entries }: Policy): string[] {
  return entries.map(({ known = [] }) =>
    known.map(({ address }) => address).join()
  );
}

/** A name server that knows these names. */
function server(names: Record<string, string[]>) {
  const asked: string[] = [];
  const ask = (name: string) => {
    asked.push(name);
    const addresses = names[name];
    if (!addresses) return Promise.reject(new Error("error 2"));
    return Promise.resolve({ addresses, ttl: 120 });
  };
  return { asked, ask };
}

Deno.test("renewNames() asks once for each name", async () => {
  const { ask, asked } = server({ "a.example": ["203.0.113.1"] });
  const rules = policy(
    "allow tcp 443 to a.example",
    "allow udp 53 to 203.0.113.9",
    "allow tcp 80 to a.example",
  );
  const { policy: after, changed, again } = await renewNames(rules, ask, NOW);
  assertEquals(asked, ["a.example"]);
  assertEquals(known(after), ["203.0.113.1", "", "203.0.113.1"]);
  assertEquals([changed, again], [true, 30]);
});

Deno.test("renewNames() keeps the others where one name is bad", async () => {
  const { ask } = server({ "a.example": ["203.0.113.1"], "c.example": [] });
  const rules = policy(
    "allow tcp 443 to b.example",
    "allow tcp 443 to a.example",
    "allow tcp 443 to c.example",
  );
  const { policy: after, troubles } = await renewNames(rules, ask, NOW);
  assertEquals(known(after), ["", "203.0.113.1", ""]);
  assertEquals(troubles, [
    'b.example: no answer: "error 2"',
    `c.example: ${NONE}`,
  ]);
});

Deno.test("renewNames() never opens the host's networks", async () => {
  const { ask } = server({ "evil.example": ["192.168.122.1", "10.0.0.1"] });
  const rules = policy("allow tcp 22 to evil.example");
  const { policy: after, troubles } = await renewNames(rules, ask, NOW);
  assertEquals(known(after), [""]);
  assertEquals(troubles, [
    `evil.example: ${NONE}`,
  ]);
});

Deno.test("renewNames() has nothing to look after without names", async () => {
  const rules = policy("allow tcp 443 to any");
  assertEquals(hasNames(rules), false);
  assertEquals(await renewNames(rules, server({}).ask, NOW), {
    policy: rules,
    changed: false,
    again: undefined,
    troubles: [],
  });
});

Deno.test("renewNames() lets addresses expire that nobody answers for", async () => {
  const { ask } = server({ "a.example": ["203.0.113.1"] });
  const first = await renewNames(policy("allow any to a.example"), ask, NOW);
  const silent = server({}).ask;
  const later = await renewNames(first.policy, silent, NOW + 419);
  assertEquals([known(later.policy), later.changed], [["203.0.113.1"], false]);
  const last = await renewNames(first.policy, silent, NOW + 420);
  assertEquals([known(last.policy), last.changed], [[""], true]);
});

Deno.test("renewNames() asks for several at the same time, not for all", async () => {
  let asking = 0;
  let most = 0;
  const ask = async () => {
    most = Math.max(most, ++asking);
    await new Promise((done) => setTimeout(done, 1));
    asking--;
    return { addresses: ["203.0.113.1"], ttl: 60 };
  };
  const rules = Array.from({ length: 20 }, (_, i) => `allow any to n${i}.test`);
  const { policy: after } = await renewNames(policy(...rules), ask, NOW);
  assertEquals(most, 8);
  assertEquals(new Set(known(after)), new Set(["203.0.113.1"]));
});

Deno.test("asking() asks nobody once the time for all is over", async () => {
  const ask = asking("203.0.113.254", performance.now());
  await assertRejects(() => ask("a.example"), Error, "all the time there was");
});
