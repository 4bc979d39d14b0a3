import { assertEquals, assertRejects } from "@std/assert";
import { joined } from "../../guest/agent/frame.ts";
import { localAgent } from "../../tests/local_agent.ts";
import { Failure } from "../command/failure.ts";
import { exchange, expected, linesOf } from "./exchange.ts";
import { AgentSession } from "./session.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function* each(lines: string[]) {
  yield* lines.map(bytes);
}

const request = (id: unknown, method = "ping") => ({
  jsonrpc: "2.0",
  id,
  method,
});
const notification = { jsonrpc: "2.0", method: "ping" };

Deno.test("expected() tells what is answered, and for which ids", () => {
  const ids = (message: unknown) => {
    const found = expected(bytes(JSON.stringify(message)));
    return found && [...found];
  };
  assertEquals(ids(request(1)), [1]);
  assertEquals(ids(request("a")), ["a"]);
  assertEquals(ids(request(null)), [null]);
  assertEquals(ids(request(1.5)), [null]);
  assertEquals(ids(notification), undefined);
  assertEquals(ids([notification, notification]), undefined);
  assertEquals(ids([notification, request(2), request("b")]), [2, "b"]);
  assertEquals(ids([]), [null]);
  assertEquals(ids([[], 1, null]), [null]);
  assertEquals(ids({ ...notification, params: 1 }), [null]);
  assertEquals(ids({ ...notification, jsonrpc: "1.0" }), [null]);
});

Deno.test("expected() knows what the guest cannot read", () => {
  const none = new Set([null]);
  assertEquals(expected(bytes('{"jsonrpc": "2.0", "method"')), none);
  const text = JSON.stringify({ ...notification, params: { x: "\u00e4" } });
  assertEquals(expected(bytes(text)), undefined);
  const latin = bytes(text).filter((byte) => byte !== 0xc3);
  assertEquals(expected(latin), none);
  const long = bytes(JSON.stringify(request(1)).padEnd(1025));
  assertEquals(expected(long), new Set([1]));
  assertEquals(expected(long, 1025), new Set([1]));
  assertEquals(expected(long, 1024), none);
  const input = (bytes: number) => ({
    ...notification,
    method: "program_input",
    params: { program: 1, bytes },
  });
  const line = (of: number) => bytes(JSON.stringify(input(of)));
  assertEquals(expected(line(1)), undefined);
  assertEquals(expected(line(2 ** 20)), none);
});

Deno.test("exchange() sends lines as they are, to the real agent", async () => {
  await using agent = await localAgent("web");
  const lines = [
    JSON.stringify(notification),
    JSON.stringify(request(7, "no_method")),
    "",
    '{"jsonrpc": "2.0", "method"',
    "[]",
    JSON.stringify([request("a"), notification, request(2, "no_method")]),
    JSON.stringify({ ...request(3, "file_read"), params: { path: "/" } }),
    JSON.stringify({ x: "y".repeat(70_000) }),
    JSON.stringify({ ...request(9), params: { x: "y".repeat(70_000) } }),
    JSON.stringify({ ...notification, params: { x: "y".repeat(70_000) } }),
    JSON.stringify(request(8)),
  ];
  const answers: unknown[] = [];
  await exchange(agent.session, each(lines), 20, (one) => answers.push(one));
  const brief = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(brief);
    const { id, error } = one as Record<string, { code: number }>;
    return [id, error?.code ?? "fine"];
  };
  assertEquals(answers.map(brief), [
    [7, -32601],
    [null, -32700],
    [null, -32600],
    [["a", "fine"], [2, -32601]],
    [3, -32001],
    [null, -32600],
    [null, -32600],
    [null, -32600],
    [8, "fine"],
  ]);
});

/** A guest that answers each line with those of a table. */
function guest(...answers: unknown[][]): AgentSession {
  const to = new TransformStream<Uint8Array, Uint8Array>();
  const from = new TransformStream<Uint8Array, Uint8Array>();
  const writer = from.writable.getWriter();
  const say = (message: unknown) =>
    writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  void (async () => {
    for await (
      const line of linesOf(
        to.readable as ReadableStream<Uint8Array<ArrayBuffer>>,
      )
    ) {
      if (line.length === 0) continue;
      const { id, method } = JSON.parse(new TextDecoder().decode(line));
      if (method === "session_start") await say({ id, result: {} });
      else for (const one of answers.shift() ?? []) await say(one);
    }
  })();
  return new AgentSession("liar", {
    readable: from.readable,
    writable: to.writable,
  });
}

Deno.test("exchange() takes nothing for an answer that has another id", async () => {
  const late = [
    { id: crypto.randomUUID(), result: "of a handshake before" },
    { id: 1, method: "program_exit", params: {} },
    { id: null, result: "of nothing" },
    { id: null, error: {}, method: "x" },
    { id: null, error: { code: -32600, message: "of a line before" } },
    [{ id: 2 }],
    7,
    { id: 1, result: "mine" },
  ];
  const session = guest(late);
  await session.meet(5000);
  const answers: unknown[] = [];
  const lines = each([JSON.stringify(request(1))]);
  await exchange(session, lines, 20, (one) => answers.push(one));
  assertEquals(answers, [{ id: 1, result: "mine" }]);
  await session[Symbol.asyncDispose]();
});

Deno.test("exchange() does not wait without end", async () => {
  const session = guest([]);
  await session.meet(5000);
  const lines = [JSON.stringify(request(1))];
  const error = await assertRejects(
    () => exchange(session, each(lines), 0.2, () => {}),
    Failure,
  );
  assertEquals(error.exit, "timeout");
  await session[Symbol.asyncDispose]();
  await assertRejects(
    () => exchange(session, each(lines), 9, () => {}),
    Failure,
  );
});

Deno.test("exchange() sends bytes that are no text as they are", async () => {
  await using agent = await localAgent("web");
  const ping = (id: number) => bytes(JSON.stringify(request(id)));
  const mark = new Uint8Array([0xef, 0xbb, 0xbf]);
  const lines = [
    joined([ping(1), new Uint8Array([0xff])]),
    joined([mark, ping(2)]),
    ping(3),
  ];
  const sent = joined(lines.flatMap((line) => [line, bytes("\n")]));
  const answers: unknown[] = [];
  const stream = ReadableStream.from([sent]);
  await exchange(agent.session, linesOf(stream), 20, (one) => {
    const { id, error } = one as Record<string, { code: number }>;
    answers.push([id, error?.code]);
  });
  assertEquals(answers, [[null, -32700], [2, undefined], [3, undefined]]);
});

Deno.test("linesOf() cuts at newlines alone, and changes no byte", async () => {
  const bom = [0xef, 0xbb, 0xbf];
  const all = [...bom, 0xff, 13, 10, 10, ...bom, 0xe2, 10, 0x80, 0xa8, 0];
  const lines = [[...bom, 0xff, 13], [], [...bom, 0xe2], [0x80, 0xa8, 0]];
  for (const size of [1, 2, 3, 5, 100]) {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < all.length; at += size) {
      pieces.push(new Uint8Array(all.slice(at, at + size)));
    }
    const found = await Array.fromAsync(linesOf(ReadableStream.from(pieces)));
    assertEquals(found.map((line) => [...line]), lines);
  }
});
