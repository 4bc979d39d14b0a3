import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "./json_rpc.ts";
import { within } from "./within.ts";

const never = new AbortController().signal;

Deno.test("within hands on what comes, and how it fails", async () => {
  assertEquals(await within(60, never, () => Promise.resolve(1)), 1);
  assertEquals(await within(1e9, never, () => 2), 2);
  const fails = () => Promise.reject(new Error("so"));
  await assertRejects(() => within(60, never, fails), Error, "so");
});

Deno.test("within gives up what takes too long, and tells it", async () => {
  let told: AbortSignal | undefined;
  const error = await assertRejects(
    () => within(0.01, never, (over) => new Promise(() => told = over)),
    RpcError,
    "it took more than 0.01 s",
  );
  assertEquals([error.code, told?.aborted], [-32003, true]);
});

Deno.test("within ends with whoever wants it", async () => {
  const host = new AbortController();
  const why = new RpcError(-32000, "the host has left");
  let told: AbortSignal | undefined;
  const work = within(
    60,
    host.signal,
    (over) => new Promise(() => told = over),
  );
  host.abort(why);
  assertEquals(await assertRejects(() => work), why);
  assertEquals(told?.reason, why);
  let begun = false;
  await assertRejects(() => within(60, host.signal, () => begun = true));
  assertEquals(begun, false);
});
