import { assertEquals, assertRejects } from "@std/assert";
import { askNameServer } from "./name_server.ts";

/** A server that answers one question with what is made of it. */
function server(answer: (asked: Uint8Array) => Uint8Array | undefined) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using connection = await listener.accept();
    const bytes = new Uint8Array(512);
    const length = await connection.read(bytes);
    const sent = answer(bytes.subarray(2, length!));
    if (sent) await connection.write(sent);
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    port,
    async [Symbol.asyncDispose]() {
      await served;
      listener.close();
    },
  };
}

Deno.test("askNameServer() asks by TCP and reads what comes in parts", async () => {
  await using fake = server((asked) => {
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7];
    const bytes = [...asked, ...record];
    bytes[2] = 0x81;
    bytes[7] = 1;
    return Uint8Array.from([0, bytes.length, ...bytes]);
  });
  assertEquals(await askNameServer("127.0.0.1", "example.org", fake), {
    addresses: ["203.0.113.7"],
    ttl: 60,
  });
});

Deno.test("askNameServer() refuses an answer to another question", async () => {
  await using fake = server((asked) => {
    const bytes = [...asked];
    bytes[0]! ^= 1;
    return Uint8Array.from([0, bytes.length, ...bytes]);
  });
  await assertRejects(
    () => askNameServer("127.0.0.1", "example.org", fake),
    Error,
    "what came back is no answer",
  );
});

Deno.test("askNameServer() says that the server hung up", async () => {
  await using fake = server(() => undefined);
  await assertRejects(
    () => askNameServer("127.0.0.1", "example.org", fake),
    Error,
    "the name server hung up",
  );
});

Deno.test("askNameServer() says that a server is silent", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = listener.accept();
  await assertRejects(
    () => askNameServer("127.0.0.1", "example.org", { port, seconds: 0.2 }),
    Error,
    "127.0.0.1 did not answer within 0.2 s",
  );
  (await accepted).close();
  listener.close();
});
