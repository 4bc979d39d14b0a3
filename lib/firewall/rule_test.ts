import { assertEquals, assertThrows } from "@std/assert";
import { parseRule, ruleText } from "./rule.ts";

for (
  const text of [
    "allow tcp 443 to example.org",
    "allow tcp 8000-8080 to 203.0.113.0/24",
    "deny udp 53 to any",
    "deny udp any to 8.8.8.8",
    "allow icmp to any",
    "deny any to 10.0.0.0/8",
    "allow any to _srv.xn--bcher-kva.example",
  ]
) {
  Deno.test(`parseRule() and ruleText(): ${text}`, () => {
    assertEquals(ruleText(parseRule(text.split(" "))), text);
  });
}

Deno.test("ruleText() is the usual form of a rule", () => {
  const usual = (text: string) => ruleText(parseRule(text.split(" ")));
  assertEquals(
    usual("allow tcp 80-80 to Example.ORG."),
    "allow tcp 80 to example.org",
  );
  assertEquals(usual("allow any to 1.2.3.4/32"), "allow any to 1.2.3.4");
});

const PORTS = "1 to 65535, a range such as 8000-8080, or any";
const TARGET = "is not any, an address, a network such as 203.0.113.0/24, " +
  "or the name of a host";

for (
  const [text, message] of [
    ["permit any to any", '"permit" is none of allow, deny'],
    ["allow sctp 1 to any", '"sctp" is none of tcp, udp, icmp, any'],
    ["allow", '"" is none of tcp, udp, icmp, any'],
    ["allow tcp to any", `"to" is not a port of tcp: ${PORTS}`],
    ["allow tcp 0 to any", `"0" is not a port of tcp: ${PORTS}`],
    ["allow tcp 65536 to any", `"65536" is not a port of tcp: ${PORTS}`],
    ["allow udp 5-4 to any", '"5-4" is an empty range'],
    ["allow tcp -1 to any", `"-1" is not a port of tcp: ${PORTS}`],
    ["allow tcp http to any", `"http" is not a port of tcp: ${PORTS}`],
    ["allow tcp 443", "a rule ends so: allow tcp PORT to HOST|CIDR|any"],
    [
      "allow icmp 8 to any",
      "icmp has no types here, as filters of frames know none: allow icmp to HOST|CIDR|any is about all of it",
    ],
    [
      "allow icmp on any",
      "icmp has no types here, as filters of frames know none: allow icmp to HOST|CIDR|any is about all of it",
    ],
    ["allow any", "a rule ends so: allow any to HOST|CIDR|any"],
    [
      "deny icmpv6 to any",
      '"icmpv6" is IPv6, of which nothing passes: there is nothing to allow or deny',
    ],
    [
      "allow ipv6-icmp to any",
      '"ipv6-icmp" is IPv6, of which nothing passes: there is nothing to allow or deny',
    ],
    ["allow any to any x", "a rule ends so: allow any to HOST|CIDR|any"],
    ["allow any from any", "a rule ends so: allow any to HOST|CIDR|any"],
    ["allow any to a_b-.org", `"a_b-.org" ${TARGET}`],
    ["allow any to -x.org", `"-x.org" ${TARGET}`],
    ["allow any to a..b", `"a..b" ${TARGET}`],
    ["allow any to *.org", `"*.org" ${TARGET}`],
    ["allow any to ex\u202eample.org", `"ex\\u202eample.org" ${TARGET}`],
    [
      "allow any to 10.1.1.1/8",
      '"10.1.1.1/8" is not the beginning of a network: 10.0.0.0/8 is',
    ],
    [
      "allow any to 1.2.3.400",
      '"1.2.3.400" is not an address or a network such as 203.0.113.0/24',
    ],
    [
      "allow any to 2001:db8::/32",
      '"2001:db8::/32" is IPv6, of which nothing passes: there is nothing ' +
      "to allow or deny",
    ],
    [
      "deny any to example.org",
      '"example.org" is a name: only allow takes names, because an address ' +
      "that is not known yet would get through",
    ],
  ] as const
) {
  Deno.test(`parseRule() refuses ${JSON.stringify(text)}`, () => {
    const words = text.split(" ");
    assertEquals(assertThrows(() => parseRule(words), Error).message, message);
  });
}
