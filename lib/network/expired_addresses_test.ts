import { assertEquals } from "@std/assert";
import type { Policy } from "../firewall/policy.ts";
import { parseRule } from "../firewall/rule.ts";
import { closed } from "./expired_addresses.ts";

const rule = parseRule("allow tcp 443 to example.org".split(" "));
const fresh = { address: "203.0.113.7", until: 2000 };
const late = { address: "203.0.113.8", until: 1000 };

function policy(known: { address: string; until: number }[]): Policy {
  const other = { rule: parseRule("allow icmp to any".split(" ")) };
  return { place: "nat", default: "deny", entries: [other, { rule, known }] };
}

Deno.test("closed() leaves out what has expired, and nothing else", () => {
  assertEquals(closed(policy([fresh, late]), 1500), policy([fresh]));
  assertEquals(closed(policy([fresh, late]), 3000), policy([]));
  assertEquals(closed(policy([fresh, late]), 500), undefined);
});
