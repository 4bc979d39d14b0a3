import { assertEquals, assertRejects } from "@std/assert";
import { localAgent } from "../../tests/local_agent.ts";
import { Failure } from "../command/failure.ts";
import { exchange, expected, linesOf } from "./exchange.ts";
import { AgentSession } from "./session.ts";

async function* each(lines: string[]) {
  yield* lines;
}

const request = (id: unknown, method = "ping") => ({
  jsonrpc: "2.0",
  id,
  method,
});
const notification = { jsonrpc: "2.0", method: "ping" };

Deno.test("expected() tells what is answered, and for which ids", () => {
  const ids = (message: unknown) => {
    const found = expected(JSON.stringify(message));
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
  assertEquals(expected('{"jsonrpc": "2.0", "method"'), new Set([null]));
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
      if (line.trim() === "") continue;
      const { id, method } = JSON.parse(line);
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

Deno.test("linesOf() cuts at newlines alone", async () => {
  const pieces = ["on", "e\ntw", "o\n\nlast ä"];
  const stream = ReadableStream.from(
    pieces.map((one) => new TextEncoder().encode(one)),
  );
  assertEquals(await Array.fromAsync(linesOf(stream)), [
    "one",
    "two",
    "",
    "last ä",
  ]);
});
