import { assertEquals } from "@std/assert";
import { Rate } from "./rate.ts";

/** A clock that stands still but for those who wait. */
class Still {
  time = 1000;
  waited: number[] = [];
  now = () => this.time;
  pause = (milliseconds: number) => {
    this.waited.push(Math.round(milliseconds));
    this.time += milliseconds;
    return Promise.resolve();
  };
}

const REQUEST = { message: { jsonrpc: "2.0", method: "ping", id: 1 } };
const NOTIFICATION = { message: { jsonrpc: "2.0", method: "ping" } };
const INPUT = { message: { jsonrpc: "2.0", method: "program_input" } };

async function take(rate: Rate, times: number, frame: object = REQUEST) {
  for (let i = 0; i < times; i++) await rate.take(frame as typeof REQUEST);
}

Deno.test("Rate lets a second's requests pass at once, and the others one by one", async () => {
  const clock = new Still();
  const rate = new Rate(100, clock);
  await take(rate, 100);
  assertEquals(clock.waited, []);
  await take(rate, 3);
  assertEquals(clock.waited, [10, 10, 10]);
  clock.time += 500;
  await take(rate, 50);
  assertEquals(clock.waited.length, 3);
  await take(rate, 1);
  assertEquals(clock.waited, [10, 10, 10, 10]);
});

Deno.test("Rate saves up no more than a second's requests", async () => {
  const clock = new Still();
  const rate = new Rate(10, clock);
  clock.time += 3_600_000;
  await take(rate, 11);
  assertEquals(clock.waited, [100]);
});

Deno.test("Rate counts each request of a batch", async () => {
  const clock = new Still();
  const batch = {
    message: [REQUEST.message, NOTIFICATION.message, INPUT.message, 1],
  };
  const rate = new Rate(100, clock);
  await take(rate, 50, batch);
  assertEquals(clock.waited, []);
  await take(rate, 1, batch);
  assertEquals(clock.waited, [20]);
});

Deno.test("Rate counts a notification: it is work without an answer", async () => {
  const clock = new Still();
  const rate = new Rate(10, clock);
  await take(rate, 12, NOTIFICATION);
  assertEquals(clock.waited, [100, 100]);
});

Deno.test("Rate takes no account of what a running program is told", async () => {
  const clock = new Still();
  const rate = new Rate(1, clock);
  for (const word of ["input", "input_end", "signal", "resize"]) {
    const message = { jsonrpc: "2.0", method: `program_${word}` };
    await take(rate, 1000, { message });
  }
  assertEquals(clock.waited, []);
  await take(rate, 2, { message: { ...INPUT.message, id: 1 } });
  assertEquals(clock.waited, [1000]);
});

Deno.test("Rate takes no account of what names no method", async () => {
  const clock = new Still();
  const rate = new Rate(1, clock);
  await take(rate, 1000, { broken: "not JSON" });
  await take(rate, 1000, { message: null });
  await take(rate, 1000, { message: { method: 1 } });
  assertEquals(clock.waited, []);
});
