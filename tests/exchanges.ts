/**
 * What is said to the agent, byte for byte, and what it must answer: the
 * examples of https://www.jsonrpc.org/specification, section 7, with methods of
 * the agent where theirs must be there, and what the specification leaves to
 * whoever makes frames.
 */

export interface Exchange {
  name: string;
  /** Pieces, each sent on its own. */
  sent: (string | Uint8Array)[];
  /** In any order. Of an error its code counts, of a time that it is one. */
  answers: unknown[];
}

const PONG = { pong: true, timestamp: 0 };
const DONE = { exit_code: 0, stderr: "", execution_time_ms: 0 };

const result = (id: unknown, of: unknown) => ({
  jsonrpc: "2.0",
  id,
  result: of,
});
const error = (id: unknown, code: number) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message: "any" },
});
const pong = (id: unknown) => result(id, PONG);
const said = (id: unknown, stdout: string) => result(id, { ...DONE, stdout });
const INVALID = error(null, -32600);
const BROKEN = error(null, -32700);

const request = (method: string, params?: unknown, id?: unknown) =>
  JSON.stringify({ jsonrpc: "2.0", method, params, id });
const ping = (id: unknown) => request("ping", undefined, id);

/** One that is always answered. */
export const PING: Exchange = {
  name: "a ping",
  sent: [`${ping(1)}\n`],
  answers: [pong(1)],
};

function line(name: string, sent: string, ...answers: unknown[]): Exchange {
  return { name, sent: [`${sent}\n`], answers };
}

const SPECIFICATION: Exchange[] = [
  line(
    "positional parameters",
    '{"jsonrpc": "2.0", "method": "exec_command", "params": ["echo", ["42", "23"]], "id": 1}',
    said(1, "42 23\n"),
  ),
  line(
    "positional parameters the other way round",
    '{"jsonrpc": "2.0", "method": "exec_command", "params": ["echo", ["23", "42"]], "id": 2}',
    said(2, "23 42\n"),
  ),
  line(
    "named parameters",
    '{"jsonrpc": "2.0", "method": "exec_command", "params": {"args": ["23"], "command": "echo"}, "id": 3}',
    said(3, "23\n"),
  ),
  line(
    "named parameters in another order",
    '{"jsonrpc": "2.0", "method": "exec_command", "params": {"command": "echo", "args": ["42"]}, "id": 4}',
    said(4, "42\n"),
  ),
  line(
    "a notification",
    '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
  ),
  line(
    "a notification of no method",
    '{"jsonrpc": "2.0", "method": "foobar"}',
  ),
  line(
    "a method that is not there",
    '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    error("1", -32601),
  ),
  line(
    "JSON that is none",
    '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    BROKEN,
  ),
  line(
    "a request that is none",
    '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    INVALID,
  ),
  line(
    "a batch whose JSON is none",
    '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]',
    BROKEN,
  ),
  line("an empty batch", "[]", INVALID),
  line("a batch of what is none", "[1]", [INVALID]),
  line("a batch of several that are none", "[1,2,3]", [
    INVALID,
    INVALID,
    INVALID,
  ]),
  line(
    "a batch",
    '[{"jsonrpc": "2.0", "method": "exec_command", "params": ["echo", ["7"]], "id": "1"}, ' +
      '{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}, ' +
      '{"jsonrpc": "2.0", "method": "ping", "params": [], "id": "2"}, ' +
      '{"foo": "boo"}, ' +
      '{"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, ' +
      '{"jsonrpc": "2.0", "method": "ping", "id": "9"}]',
    [
      said("1", "7\n"),
      pong("2"),
      INVALID,
      error("5", -32601),
      pong("9"),
    ],
  ),
  line(
    "a batch of notifications",
    '[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]',
  ),
];

const IDS: Exchange[] = [
  ...[0, "", null, -1, 9007199254740991, "\u{1f9ea}"].map((id) =>
    line(`the id ${JSON.stringify(id)}`, ping(id), pong(id))
  ),
  // JSON knows one kind of number; a point alone makes no fraction.
  line("the id 1.0", ping("#").replace('"#"', "1.0"), pong(1)),
  ...["1.5", "-0.1", "1e400", "9007199254740993", "true", "[1]", "{}"].map(
    (id) => line(`the id ${id}`, ping("#").replace('"#"', id), INVALID),
  ),
  line(
    "the id of a request in flight",
    `${request("exec_command", ["sleep", ["0.5"]], 7)}\n${ping(7)}`,
    said(7, ""),
    INVALID,
  ),
  line("an id that is free again", ping(7), pong(7)),
  line("an id twice in a batch", `[${ping(1)},${ping(1)}]`, [pong(1), INVALID]),
  line(
    "ids that only look the same",
    `[${ping(1)},${ping("1")}]`,
    [pong(1), pong("1")],
  ),
  line("null, which names nothing, twice", `[${ping(null)},${ping(null)}]`, [
    pong(null),
    pong(null),
  ]),
];

/** Ten at a time is what an agent allows where nobody says otherwise. */
const ELEVEN = Array.from({ length: 11 }, (_, at) => at + 1);

const REQUESTS: Exchange[] = [
  line("a notification of a method", request("ping")),
  line("a notification that is refused", request("exec_command", {})),
  line(
    "parameters that are text",
    request("ping", "bar", 1),
    error(1, -32600),
  ),
  line("parameters that are null", request("ping", null, 1), error(1, -32600)),
  line("parameters that are a number", request("ping", 5, 1), error(1, -32600)),
  line(
    "members that nobody knows",
    '{"jsonrpc":"2.0","method":"ping","id":1,"more":true}',
    pong(1),
  ),
  ...['"JSONRPC":"2.0"', '"jsonrpc":2.0', '"jsonrpc":"1.0"', '"x":1'].map(
    (version) =>
      line(
        `the version ${version}`,
        `{${version},"method":"ping","id":1}`,
        error(1, -32600),
      ),
  ),
  line("no method", '{"jsonrpc":"2.0","id":1}', error(1, -32600)),
  ...["null", "1", '"x"', "true", "[[]]", "[null]"].map((text) =>
    line(
      `${text} as a request`,
      text,
      text.startsWith("[") ? [INVALID] : INVALID,
    )
  ),
  ...["rpc.ping", "Ping", "", "constructor", "__proto__", "toString"].map(
    (method) =>
      line(
        `the method ${JSON.stringify(method)}`,
        request(method, {}, 1),
        error(1, -32601),
      ),
  ),
  line(
    "a batch of one more than are worked on at a time",
    `[${ELEVEN.map(ping).join()}]`,
    ELEVEN.map((id) => id < 11 ? pong(id) : error(id, -32000)),
  ),
  line(
    "a parameter of another type",
    request("exec_command", { command: 1 }, 1),
    error(1, -32602),
  ),
  line("too many parameters", request("ping", [1], 1), error(1, -32602)),
  line("too few", request("file_read", {}, 1), error(1, -32602)),
  line(
    "a command that fails",
    request("exec_command", ["yes"], 1),
    error(1, -32000),
  ),
  line("a folder as a file", request("file_read", ["/"], 1), error(1, -32001)),
  line(
    "a file that is not there",
    request("file_read", ["/no/such/file"], 1),
    error(1, -32002),
  ),
  line(
    "a command that takes too long",
    request("exec_command", {
      command: "sleep",
      args: ["60"],
      timeout_seconds: 0.1,
    }, 1),
    error(1, -32003),
  ),
];

const KIB = 1024;
const LONGEST = 64 * KIB;
const LONGEST_PAYLOAD = 256 * KIB;

/** A ping of so many bytes. */
function long(bytes: number): string {
  const empty = request("ping", { x: "" }, 1);
  return request("ping", { x: "y".repeat(bytes - empty.length) }, 1);
}

const input = (bytes: number) =>
  request("program_input", { program: 999, bytes });

const FRAMES: Exchange[] = [
  line("two frames glued", `${ping(1)}\n${ping(2)}`, pong(1), pong(2)),
  {
    name: "a frame in halves",
    sent: ['{"jsonrpc":"2.0","met', 'hod":"ping","i', 'd":1}', "\n"],
    answers: [pong(1)],
  },
  {
    name: "a frame cut inside a letter",
    sent: [
      '{"jsonrpc":"2.0","method":"ping","id":"',
      new Uint8Array([0xc3]),
      new Uint8Array([0xa9]),
      '"}\n',
    ],
    answers: [pong("\u00e9")],
  },
  {
    name: "a frame and a half, and the rest",
    sent: [`${ping(1)}\n${ping(2).slice(0, 9)}`, `${ping(2).slice(9)}\n`],
    answers: [pong(1), pong(2)],
  },
  line("blank lines", `\n\n \t\r\n${ping(1)}\r\n\n`, pong(1)),
  {
    name: "garbage between frames",
    sent: [
      `${ping(1)}\n`,
      new Uint8Array([0, 255, 254, 7, 27, 91, 50, 74, 10]),
      `${ping(2)}\n`,
    ],
    answers: [pong(1), BROKEN, pong(2)],
  },
  {
    name: "bytes that are no UTF-8 in a frame",
    sent: [
      '{"jsonrpc":"2.0","method":"ping","id":"',
      new Uint8Array([0xff]),
      '"}\n',
    ],
    answers: [BROKEN],
  },
  line("the longest line", long(LONGEST), pong(1)),
  line(
    "a line that is longer, and the next",
    `${long(LONGEST + 1)}\n${ping(2)}`,
    INVALID,
    pong(2),
  ),
  line(
    "10,000 brackets deep",
    "[".repeat(10_000) + "]".repeat(10_000),
    [INVALID],
  ),
  line("10,000 brackets deep, and no way out", "[".repeat(10_000), BROKEN),
  line(
    "parameters 10,000 objects deep",
    request("ping", { x: 0 }, 1).replace(
      "0}",
      '{"a":'.repeat(10_000) + "0" + "}".repeat(10_000) + "}",
    ),
    pong(1),
  ),
  {
    name: "newlines after half a payload",
    sent: [
      `${input(LONGEST_PAYLOAD)}\n`,
      "half",
      "\n".repeat(LONGEST_PAYLOAD),
      `${ping(1)}\n`,
    ],
    answers: [pong(1)],
  },
  line(
    "a payload that is too long",
    `${input(LONGEST_PAYLOAD + 1)}\n${ping(1)}`,
    INVALID,
    pong(1),
  ),
];

/** Of an agent that takes a KiB, and no longer lines. */
export const SMALL: Exchange[] = [
  line("the longest line", long(KIB), pong(1)),
  line(
    "a line that is longer, and the next",
    `${long(KIB + 1)}\n${ping(2)}`,
    INVALID,
    pong(2),
  ),
];

/** Taken at once the second would be answered first. */
export const IN_TURN: Exchange = line(
  "a command, and more requests than there may be in a second",
  `${request("exec_command", ["sleep", ["0.1"]], 1)}\n[${
    [2, 3, 4].map(ping).join()
  }]`,
  said(1, ""),
  [2, 3, 4].map(pong),
);

/** Where the programs of the system are missing. */
export const INSIDE: Exchange = {
  name: "a method that fails inside",
  sent: [`${request("get_disk_usage", {}, 1)}\n`],
  answers: [{
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32603, message: "internal error" },
  }],
};

const handshake = request("session_start", {}, "a-random-id");
const MET = result("a-random-id", { protocol_version: "1.0.0" });

const HANDSHAKES: Exchange[] = [
  line("a handshake", handshake, MET),
  {
    name: "a handshake after half a frame of somebody else",
    sent: ['{"jsonrpc":"2.0","id":"stale","met', `\n${handshake}\n`],
    answers: [BROKEN, MET],
  },
  line(
    "a handshake after a request of somebody else: only one is told",
    `${request("exec_command", ["sleep", ["0.3"]], 1)}\n${handshake}`,
    MET,
  ),
  line(
    "an id of somebody else's request, after a handshake",
    `${request("exec_command", ["sleep", ["60"]], 1)}\n${handshake}\n${
      ping(1)
    }`,
    MET,
    pong(1),
  ),
  line(
    "a command of one's own, and nothing of theirs",
    request("exec_command", ["sleep", ["0.6"]], 2),
    said(2, ""),
  ),
];

export const EXCHANGES: Exchange[] = [
  ...SPECIFICATION,
  ...IDS,
  ...REQUESTS,
  ...FRAMES,
  ...HANDSHAKES,
];

/** What a host leaves behind, and what the next one has of the port then. */
export interface Leaving extends Exchange {
  left: (string | Uint8Array)[];
}

export const LEAVING: Leaving[] = [
  {
    name: "half a frame",
    left: [ping(1).slice(0, 20)],
    sent: [`${ping(2)}\n`],
    answers: [pong(2)],
  },
  {
    name: "half a payload",
    left: [`${input(LONGEST_PAYLOAD)}\n`, "half"],
    sent: [`${ping(2)}\n`],
    answers: [pong(2)],
  },
  {
    name: "a line that is too long already",
    left: ["x".repeat(LONGEST + 1)],
    sent: [`${ping(2)}\n`],
    answers: [pong(2)],
  },
  {
    name: "a request that is not answered",
    left: [`${request("exec_command", ["sleep", ["60"]], 1)}\n`],
    sent: [`${ping(1)}\n`],
    answers: [pong(1)],
  },
];
