import { assertEquals } from "@std/assert";
import { differs, nextAsk, renewed, unexpired } from "./known_address.ts";

const NOW = 1_000_000;

function entry(address: string, seconds: number) {
  return { address, until: NOW + seconds };
}

Deno.test("renewed() keeps an address for the answer's time and a grace", () => {
  const answer = { addresses: ["203.0.113.7"], ttl: 600 };
  assertEquals(renewed([], answer, NOW), [entry("203.0.113.7", 900)]);
});

Deno.test("renewed() follows no server below a minute or above an hour", () => {
  const until = (ttl: number) =>
    renewed([], { addresses: ["203.0.113.7"], ttl }, NOW)[0]!.until - NOW;
  assertEquals([until(0), until(86400)], [360, 3900]);
});

Deno.test("nextAsk() is when the name server forgets, from 5 to 30 s", () => {
  const after = (ttl: number) => nextAsk({ addresses: [], ttl });
  assertEquals([0, 5, 12, 30, 3600].map(after), [5, 5, 12, 30, 30]);
  assertEquals(nextAsk(undefined), 30);
});

Deno.test("renewed() keeps what was answered before until it expires", () => {
  const known = [entry("203.0.113.1", 10), entry("203.0.113.2", 0)];
  const answer = { addresses: ["203.0.113.7"], ttl: 60 };
  assertEquals(renewed(known, answer, NOW), [
    entry("203.0.113.7", 360),
    entry("203.0.113.1", 10),
  ]);
});

Deno.test("renewed() without an answer only lets expire", () => {
  const known = [entry("203.0.113.1", 10), entry("203.0.113.2", -1)];
  assertEquals(renewed(known, undefined, NOW), [entry("203.0.113.1", 10)]);
  assertEquals(unexpired(known, NOW + 10), []);
});

Deno.test("renewed() opens no address of the host's networks", () => {
  const addresses = ["192.168.1.1", "127.0.0.1", "169.254.169.254", "10.0.0.1"];
  assertEquals(renewed([], { addresses, ttl: 60 }, NOW), []);
});

Deno.test("renewed() keeps 32 addresses, the freshest", () => {
  const many = (from: number) =>
    Array.from({ length: 30 }, (_, i) => `203.0.113.${from + i}`);
  const first = renewed([], { addresses: many(1), ttl: 60 }, NOW);
  const both = renewed(first, { addresses: many(101), ttl: 60 }, NOW + 1);
  assertEquals(both.length, 32);
  assertEquals(both.filter(({ until }) => until === NOW + 361).length, 30);
});

Deno.test("differs() asks for a write where addresses change or are to expire", () => {
  const written = [entry("203.0.113.1", 360)];
  assertEquals(differs(written, [entry("203.0.113.1", 400)], NOW), false);
  assertEquals(differs(written, [entry("203.0.113.1", 900)], NOW + 200), true);
  assertEquals(differs(written, [entry("203.0.113.2", 360)], NOW), true);
  assertEquals(differs(written, [], NOW), true);
  assertEquals(differs([], [], NOW), false);
});
