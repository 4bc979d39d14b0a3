/** The beginning of a conversation, with a guest that does not read. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { LONGEST_PAYLOAD } from "../../guest/agent/frame.ts";
import { Failure } from "../command/failure.ts";
import { AgentSession } from "./session.ts";

/** A guest that reads from when it is told to, and then answers. */
function lateGuest() {
  const { promise: told, resolve: read } = Promise.withResolvers<void>();
  const answers = new TransformStream<Uint8Array, Uint8Array>();
  const answer = answers.writable.getWriter();
  const decoder = new TextDecoder();
  let bytes = 0;
  const writable = new WritableStream<Uint8Array>({
    async write(chunk) {
      await told;
      bytes += chunk.length;
      const line = decoder.decode(chunk).trim();
      if (line === "") return;
      const said = { id: JSON.parse(line).id, result: {} };
      void answer.write(
        new TextEncoder().encode(`${JSON.stringify(said)}\n`),
      );
    },
  });
  const wire = { readable: answers.readable, writable };
  return {
    session: new AgentSession("web", wire),
    read,
    bytes: () => bytes,
  };
}

Deno.test("meet() gives up a guest that reads nothing, each time", async () => {
  const { session } = lateGuest();
  const began = performance.now();
  for (let i = 0; i < 12; i++) assertEquals(await session.meet(20), undefined);
  assert(performance.now() - began < 5000);
  await session[Symbol.asyncDispose]();
});

Deno.test("meet() piles nothing up before a guest that reads late", async () => {
  const { session, read, bytes } = lateGuest();
  for (let i = 0; i < 12; i++) await session.meet(5);
  read();
  assertEquals(await session.meet(5000), {});
  assert(bytes() < 2 * LONGEST_PAYLOAD, `${bytes()} bytes`);
  await session[Symbol.asyncDispose]();
});

Deno.test("raw() waits no longer where no answer is due", async () => {
  const { session } = lateGuest();
  const error = await assertRejects(
    () => session.raw(new Uint8Array(10), undefined, 0.05),
    Failure,
  );
  assertEquals(
    [error.exit, error.message],
    [
      "timeout",
      'cannot talk to the agent of "web": it did not read within 0.05 s',
    ],
  );
  await session[Symbol.asyncDispose]();
});

Deno.test("what nobody reads is over when the session is", async () => {
  const { session } = lateGuest();
  const told = session.notify("program_input", {}, new Uint8Array(10));
  const more = session.notify("program_input", {}, new Uint8Array(10));
  await session[Symbol.asyncDispose]();
  for (const one of [told, more]) {
    await assertRejects(() => one, Failure, "it was left");
  }
});
