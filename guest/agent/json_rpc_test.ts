/** The examples of the specification, section 7, and what it leaves open. */

import { assertEquals } from "@std/assert";
import { type Params, respond, RpcError } from "./json_rpc.ts";

const called: string[] = [];

function call(method: string, params: Params): Promise<unknown> {
  called.push(method);
  const list = Array.isArray(params) ? params as number[] : [];
  const named = params as Record<string, number>;
  switch (method) {
    case "subtract":
      return Promise.resolve(
        list.length > 0
          ? list[0]! - list[1]!
          : named.minuend! - named.subtrahend!,
      );
    case "sum":
      return Promise.resolve(list.reduce((a, b) => a + b, 0));
    case "get_data":
      return Promise.resolve(["hello", 5]);
    case "update":
    case "foobar_known":
    case "notify_hello":
    case "notify_sum":
      return Promise.resolve(undefined);
    case "broken":
      throw new Error("secret of the implementation");
  }
  throw new RpcError(-32601, "method not found");
}

const METHOD = { code: -32601, message: "method not found" };
const error = (id: unknown, code: number, message: string) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message },
});
const invalid = (why: string, id: unknown = null) => error(id, -32600, why);

const cases: [name: string, sent: string, answer: unknown][] = [
  [
    "positional parameters",
    '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
    { jsonrpc: "2.0", id: 1, result: 19 },
  ],
  [
    "positional parameters the other way round",
    '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
    { jsonrpc: "2.0", id: 2, result: -19 },
  ],
  [
    "named parameters",
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    { jsonrpc: "2.0", id: 3, result: 19 },
  ],
  [
    "named parameters in another order",
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    { jsonrpc: "2.0", id: 4, result: 19 },
  ],
  [
    "a notification",
    '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
    undefined,
  ],
  [
    "a notification of no method",
    '{"jsonrpc": "2.0", "method": "foobar"}',
    undefined,
  ],
  [
    "a method that is not there",
    '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    { jsonrpc: "2.0", id: "1", error: METHOD },
  ],
  [
    "a request that is none",
    '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    invalid("method is not a string"),
  ],
  ["an empty batch", "[]", invalid("empty batch")],
  ["a batch of what is none", "[1]", [invalid("not an object")]],
  [
    "a batch of several that are none",
    "[1,2,3]",
    [1, 2, 3].map(() => invalid("not an object")),
  ],
  [
    "a batch",
    `[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]`,
    [
      { jsonrpc: "2.0", id: "1", result: 7 },
      { jsonrpc: "2.0", id: "2", result: 19 },
      invalid('jsonrpc is not "2.0"'),
      { jsonrpc: "2.0", id: "5", error: METHOD },
      { jsonrpc: "2.0", id: "9", result: ["hello", 5] },
    ],
  ],
  [
    "a batch of notifications",
    `[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]`,
    undefined,
  ],
  ...[0, "", null, 9007199254740991].map((id): [string, string, unknown] => [
    `the id ${JSON.stringify(id)}`,
    JSON.stringify({ jsonrpc: "2.0", method: "get_data", id }),
    { jsonrpc: "2.0", id, result: ["hello", 5] },
  ]),
  [
    "an id that is none",
    '{"jsonrpc": "2.0", "method": "get_data", "id": [1]}',
    invalid("id is no string, whole number or null"),
  ],
  ...["1.5", "1e400", "9007199254740993"].map((id): [
    string,
    string,
    unknown,
  ] => [
    `the id ${id}`,
    `{"jsonrpc": "2.0", "method": "get_data", "id": ${id}}`,
    invalid("id is no string, whole number or null"),
  ]),
  [
    "an id twice in a batch",
    '[{"jsonrpc": "2.0", "method": "get_data", "id": 1}, {"jsonrpc": "2.0", "method": "sum", "params": [1], "id": 1}]',
    [
      { jsonrpc: "2.0", id: 1, result: ["hello", 5] },
      invalid("id is that of a request in flight"),
    ],
  ],
  [
    "parameters that are none",
    '{"jsonrpc": "2.0", "method": "get_data", "params": null, "id": 1}',
    invalid("params is neither an object nor an array", 1),
  ],
  [
    "members that nobody knows",
    '{"jsonrpc": "2.0", "method": "get_data", "id": 1, "more": true}',
    { jsonrpc: "2.0", id: 1, result: ["hello", 5] },
  ],
  [
    "no result",
    '{"jsonrpc": "2.0", "method": "update", "id": 1}',
    { jsonrpc: "2.0", id: 1, result: null },
  ],
  [
    "members of another case",
    '{"JSONRPC": "2.0", "method": "get_data", "id": 1}',
    invalid('jsonrpc is not "2.0"', 1),
  ],
];

for (const [name, sent, answer] of cases) {
  Deno.test(`respond to ${name}`, async () => {
    assertEquals(await respond(JSON.parse(sent), call), answer as never);
  });
}

Deno.test("respond tells nothing of a method that fails", async () => {
  const { error: log } = console;
  console.error = () => {};
  try {
    const message = { jsonrpc: "2.0", method: "broken", id: 1 };
    assertEquals(
      await respond(message, call),
      error(1, -32603, "internal error") as never,
    );
  } finally {
    console.error = log;
  }
});

Deno.test("respond calls a notification once, and says nothing of its failure", async () => {
  called.length = 0;
  const message = { jsonrpc: "2.0", method: "foobar" };
  assertEquals(await respond(message, call), undefined);
  assertEquals(called, ["foobar"]);
});
