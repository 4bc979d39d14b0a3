import { assertEquals, assertThrows } from "@std/assert";
import {
  contains,
  endsOf,
  isIpv4,
  isIpv6,
  isLocal,
  networkText,
  parseNetwork,
  toAddress,
  toNumber,
} from "./address.ts";

Deno.test("endsOf() tells the addresses that mean all of a network", () => {
  const ends = (address: string, prefix: number) => endsOf({ address, prefix });
  assertEquals(ends("192.168.122.7", 24), ["192.168.122.0", "192.168.122.255"]);
  assertEquals(ends("172.31.200.1", 12), ["172.16.0.0", "172.31.255.255"]);
  assertEquals(ends("198.51.100.7", 31), ["198.51.100.6", "198.51.100.7"]);
  assertEquals(ends("198.51.100.7", 32), ["198.51.100.7", "198.51.100.7"]);
  assertEquals(ends("198.51.100.7", 0), ["0.0.0.0", "255.255.255.255"]);
});

Deno.test("parseNetwork() reads addresses and networks", () => {
  for (const word of ["0.0.0.0/0", "10.0.0.0/8", "203.0.113.7", "1.2.3.4/31"]) {
    assertEquals(networkText(parseNetwork(word)), word);
  }
  assertEquals(networkText(parseNetwork("203.0.113.7/32")), "203.0.113.7");
});

for (
  const [word, why] of [
    ["256.0.0.1", "is not an address or a network such as 203.0.113.0/24"],
    ["1.2.3", "is not an address or a network such as 203.0.113.0/24"],
    ["01.2.3.4", "is not an address or a network such as 203.0.113.0/24"],
    ["1.2.3.4/8/8", "is not an address or a network such as 203.0.113.0/24"],
    ["", "is not an address or a network such as 203.0.113.0/24"],
    ["10.0.0.0/33", "has no prefix from 0 to 32"],
    ["10.0.0.0/", "has no prefix from 0 to 32"],
    ["10.0.0.0/-1", "has no prefix from 0 to 32"],
    ["10.1.2.3/8", "is not the beginning of a network: 10.0.0.0/8 is"],
  ] as const
) {
  Deno.test(`parseNetwork() refuses ${JSON.stringify(word)}`, () => {
    const { message } = assertThrows(() => parseNetwork(word), Error);
    assertEquals(message, `${JSON.stringify(word)} ${why}`);
  });
}

Deno.test("isIpv6() knows IPv6 addresses", () => {
  const all = ["::", "::1", "2001:db8::1", "fe80::5054:ff:fe00:1", "::1.2.3.4"];
  assertEquals(all.map(isIpv6), all.map(() => true));
  const none = ["1.2.3.4", "example.org", ":::", "1::2::3", "g::", "a:b", ""];
  assertEquals(none.map(isIpv6), none.map(() => false));
  assertEquals(isIpv4("1.2.3.4\n"), false);
});

Deno.test("isLocal() tells this host and its networks from the internet", () => {
  const local = ["127.0.0.1", "10.9.8.7", "192.168.122.1", "169.254.169.254"];
  assertEquals(local.map(isLocal), local.map(() => true));
  assertEquals(["172.31.255.255", "255.255.255.255", "0.0.0.0"].map(isLocal), [
    true,
    true,
    true,
  ]);
  assertEquals(["172.32.0.1", "8.8.8.8", "223.255.255.255"].map(isLocal), [
    false,
    false,
    false,
  ]);
});

Deno.test("contains() and toAddress() count in 32 bits", () => {
  assertEquals(toAddress(toNumber("255.254.3.0")), "255.254.3.0");
  assertEquals(contains(parseNetwork("0.0.0.0/0"), "255.1.2.3"), true);
  assertEquals(contains(parseNetwork("10.0.0.0/9"), "10.128.0.0"), false);
});
