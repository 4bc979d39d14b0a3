/**
 * A guest that lies: the asking end against an agent that breaks every rule,
 * over a real unix socket in the place of the port.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { FrameReader, LONGEST_PAYLOAD } from "../../guest/agent/frame.ts";
import { runProgram, startProgram } from "../../lib/agent/program.ts";
import { AgentError, AgentSession } from "../../lib/agent/session.ts";
import { EXIT, Failure } from "../../lib/command/failure.ts";
import { jsonLine } from "../../lib/command/output.ts";

const MIB = 2 ** 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Request {
  id: string;
  method: string;
  params: Record<string, unknown>;
}

/** What the guest does with a request; the handshake is answered before. */
type Answer = (request: Request, port: Deno.UnixConn) => Promise<unknown>;

async function send(port: Deno.UnixConn, ...messages: unknown[]) {
  const lines = messages.map((one) =>
    typeof one === "string" ? one : `${JSON.stringify(one)}\n`
  );
  await sendBytes(port, encoder.encode(lines.join("")));
}

async function sendBytes(port: Deno.UnixConn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await port.write(bytes.subarray(at));
  }
}

/** The guest's side of one connection, until either side closes it. */
async function serve(port: Deno.UnixConn, answer: Answer) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of port.readable) {
    text += decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines.filter(Boolean)) {
      const request = JSON.parse(line) as Request;
      if (request.method === "session_start") {
        await send(port, { jsonrpc: "2.0", id: request.id, result: {} });
      } else void answer(request, port).catch(() => {});
    }
  }
}

/** A session with a guest of that kind. */
async function withGuest(
  answer: Answer,
  work: (session: AgentSession) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/port`;
  const listener = Deno.listen({ transport: "unix", path });
  const served = (async () => {
    for await (const port of listener) {
      await serve(port, answer).catch(() => {});
    }
  })();
  const socket = await Deno.connect({ transport: "unix", path });
  const session = new AgentSession("liar", socket);
  try {
    assert(await session.meet(5000) !== undefined);
    await work(session);
  } finally {
    await session[Symbol.asyncDispose]();
    try {
      socket.close();
    } catch {
      // The session has closed it.
    }
    listener.close();
    await served;
    await Deno.remove(folder, { recursive: true });
  }
}

async function failure(work: Promise<unknown>): Promise<string> {
  const found: Failure = await assertRejects(() => work, Failure);
  return `${EXIT[found.exit]}: ${found.message}`;
}

const SAYS = 'cannot talk to the agent of "liar"';

/** Bytes of memory that this process holds. */
function resident(): number {
  return Deno.memoryUsage().rss;
}

const never = () => new Promise<never>(() => {});

Deno.test("a GiB without an end of line ends the session, in bounded memory", async () => {
  let sent = 0;
  await withGuest(async (_, port) => {
    const piece = new Uint8Array(MIB).fill(0x61);
    while (sent < 1024) {
      await sendBytes(port, piece);
      sent++;
    }
  }, async (session) => {
    const before = resident();
    assertEquals(
      await failure(session.call("ping", {}, 60)),
      `1: ${SAYS}: it sent a line that is too long`,
    );
    assert(sent < 64, `${sent} MiB were read`);
    assert(resident() - before < 128 * MIB, `${resident() - before} bytes`);
  });
});

Deno.test("a line in many small pieces takes no more memory than its length", async () => {
  await withGuest(async ({ id }, port) => {
    const piece = new Uint8Array(16).fill(0x61);
    for (let i = 0; i < 100_000; i++) await port.write(piece);
    await send(port, "\n", { jsonrpc: "2.0", id, result: 1 });
  }, async (session) => {
    const before = resident();
    assertEquals(
      await failure(session.call("ping", {}, 60)),
      `1: ${SAYS}: it sent a line that is not JSON`,
    );
    assert(resident() - before < 64 * MIB, `${resident() - before} bytes`);
  });
});

Deno.test("a line that comes byte by byte takes no more memory than its length", () => {
  const reader = new FrameReader(16 * MIB);
  const byte = new Uint8Array([0x61]);
  const before = resident();
  for (let i = 0; i < MIB; i++) {
    assertEquals(reader.push(byte).next().done, true);
  }
  assert(resident() - before < 64 * MIB, `${resident() - before} bytes`);
});

Deno.test("a flood of notifications hides no answer and fills no memory", async () => {
  const noise = {
    jsonrpc: "2.0",
    method: "program_output",
    params: { program: 7 },
  };
  await withGuest(async ({ id }, port) => {
    const flood = `${JSON.stringify(noise)}\n`.repeat(1000);
    for (let i = 0; i < 100; i++) await send(port, flood);
    await send(port, { jsonrpc: "2.0", id, result: "found" });
  }, async (session) => {
    const before = resident();
    assertEquals(await session.call("ping", {}, 60), "found");
    assert(resident() - before < 128 * MIB, `${resident() - before} bytes`);
  });
});

Deno.test("a flood without an answer ends at the time given", async () => {
  await withGuest(async (_, port) => {
    while (true) await send(port, { jsonrpc: "2.0", method: "x", params: {} });
  }, async (session) => {
    assertEquals(
      await failure(session.call("ping", {}, 1)),
      `5: ${SAYS}: it did not answer within 1 s`,
    );
  });
});

const WRONG_IDS: unknown[] = [
  undefined,
  null,
  0,
  "",
  [],
  {},
  "__proto__",
  "constructor",
  "00000000-0000-4000-8000-000000000000",
];

Deno.test("answers to what nobody asked are no answers", async () => {
  await withGuest(async ({ id }, port) => {
    const lies = WRONG_IDS.map((wrong) => ({
      jsonrpc: "2.0",
      id: wrong,
      result: "a lie",
    }));
    const scalars = [null, 1, '"x"\n', [], [[]], true];
    await send(
      port,
      ...lies,
      ...scalars,
      `${"[".repeat(900)}${"]".repeat(900)}\n`,
    );
    await send(port, { jsonrpc: "2.0", id, result: "the truth" });
    await send(port, { jsonrpc: "2.0", id, result: "too late" });
  }, async (session) => {
    assertEquals(await session.call("ping", {}, 5), "the truth");
    assertEquals(await session.call("ping", {}, 5), "the truth");
  });
});

Deno.test("nesting 100,000 deep breaks nothing but the session", async () => {
  await withGuest(async (_, port) => {
    await send(port, `${"[".repeat(100_000)}\n`);
  }, async (session) => {
    assertEquals(
      await failure(session.call("ping", {}, 5)),
      `1: ${SAYS}: it sent a line that is not JSON`,
    );
  });
});

/** Names that are numbers are the deepest way for who prints them. */
const NESTS: [open: string, close: string][] = [
  ["[", "]"],
  ['{"a":', "}"],
  ['{"1":[', "]}"],
];

Deno.test("a well-formed nesting 100,000 deep is printed, or said to be too deep", async () => {
  const left = [...NESTS];
  await withGuest(async ({ id }, port) => {
    const [open, close] = left.shift()!;
    const inner = open.endsWith(":") ? "0" : "";
    const result = open.repeat(100_000) + inner + close.repeat(100_000);
    await send(port, `{"jsonrpc":"2.0","id":"${id}","result":${result}}\n`);
  }, async (session) => {
    const said = [];
    for (const [open] of NESTS) {
      const answer = await session.call("ping", {}, 5);
      try {
        assertEquals(jsonLine(answer).slice(0, 2 * open.length), open + open);
        said.push("printed");
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        said.push(error.message);
      }
    }
    const deep = "cannot print it as JSON: it is nested too deep";
    assertEquals(said.at(-1), deep);
    assertEquals(said.every((one) => one === deep || one === "printed"), true);
  });
});

Deno.test("what the guest says of an error is one plain line", async () => {
  const evil = "no\x1b]0;owned\x07\r\n\u202e\x9b2J" + "x".repeat(10_000);
  await withGuest(async ({ id }, port) => {
    const error = { code: -32000, message: evil, data: evil };
    await send(port, { jsonrpc: "2.0", id, error });
  }, async (session) => {
    const error = await assertRejects(
      () => session.call("ping", {}, 5),
      AgentError,
    );
    assert(error.message.length <= 500, `${error.message.length}`);
    assertEquals(/\p{C}/u.test(error.message), false);
    assert(error.message.startsWith("no?]0;owned?"), error.message);
  });
});

const NOT_ERRORS: unknown[] = [0, "x", {}, [], true, { code: "a", message: 1 }];

Deno.test("an error that is none is one without a reason", async () => {
  const left = [...NOT_ERRORS];
  await withGuest(async ({ id }, port) => {
    await send(port, { jsonrpc: "2.0", id, error: left.shift() });
  }, async (session) => {
    for (const _ of NOT_ERRORS) {
      const error = await assertRejects(
        () => session.call("ping", {}, 5),
        AgentError,
      );
      assertEquals([error.code, error.message], [0, "no reason given"]);
    }
  });
});

for (
  const method of [
    "ping",
    "get_agent_info",
    "get_system_info",
    "get_network_info",
    "get_disk_usage",
    "exec_command",
    "file_read",
    "file_write",
    "shutdown",
    "reboot",
    "program_start",
    "transfer_start",
  ]
) {
  Deno.test(`a guest that hangs in ${method} is given up`, async () => {
    await withGuest(never, async (session) => {
      assertEquals(
        await failure(session.call(method, {}, 0.2)),
        `5: ${SAYS}: it did not answer within 0.2 s`,
      );
    });
  });
}

Deno.test("a guest that reads no more is given up as well", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/port`;
  using listener = Deno.listen({ transport: "unix", path });
  const socket = await Deno.connect({ transport: "unix", path });
  using port = await listener.accept();
  const session = new AgentSession("liar", socket, socket);
  const met = session.meet(5000);
  const buffer = new Uint8Array(4096);
  const asked = decoder.decode(buffer.subarray(0, (await port.read(buffer))!));
  const { id } = JSON.parse(asked) as Request;
  await send(port, { jsonrpc: "2.0", id, result: {} });
  assert(await met !== undefined);
  // More than the kernel keeps.
  const line = new Uint8Array(4 * MIB).fill(0x78);
  assertEquals(
    await failure(session.raw(line, new Set([null]), 1)),
    `5: ${SAYS}: it did not answer within 1 s`,
  );
  assertEquals(
    await failure(session.call("ping", {}, 0.2)),
    `5: ${SAYS}: it did not answer within 0.2 s`,
  );
  await session[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a guest that never reads is not waited for without end", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/port`;
  // Nobody takes what comes: the kernel keeps it until it is full.
  using _listener = Deno.listen({ transport: "unix", path });
  const socket = await Deno.connect({ transport: "unix", path });
  const session = new AgentSession("liar", socket, socket);
  const began = performance.now();
  for (let i = 0; i < 12; i++) assertEquals(await session.meet(100), undefined);
  assertEquals(
    await failure(session.call("ping", {}, 0.2)),
    `5: ${SAYS}: it did not answer within 0.2 s`,
  );
  assert(performance.now() - began < 10_000);
  await session[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a guest that closes in the middle of a line has ended", async () => {
  await withGuest(async ({ id }, port) => {
    await send(port, `{"jsonrpc":"2.0","id":"${id}","resu`);
    port.close();
  }, async (session) => {
    assertEquals(
      await failure(session.call("ping", {}, 10)),
      `1: ${SAYS}: the VM has ended`,
    );
    assertEquals(
      await failure(session.call("ping", {}, 10)),
      `1: ${SAYS}: the VM has ended`,
    );
  });
});

/** A program that begins, and what the guest does then. */
function begun(then: (port: Deno.UnixConn) => Promise<unknown>): Answer {
  return async ({ id, method }, port) => {
    if (method !== "program_start") return;
    const result = { program: 7, input_window: 65536 };
    await send(port, { jsonrpc: "2.0", id, result });
    await then(port);
  };
}

function said(method: string, params: object): object {
  return { jsonrpc: "2.0", method, params: { program: 7, ...params } };
}

Deno.test("a guest that closes in the middle of a stream has ended", async () => {
  const then = async (port: Deno.UnixConn) => {
    await send(port, said("program_output", { stream: "stdout", bytes: 100 }));
    await sendBytes(port, new Uint8Array(50));
    port.close();
  };
  await withGuest(begun(then), async (session) => {
    assertEquals(
      await failure(runProgram(session, ["cat"], { seconds: 10 })),
      `1: ${SAYS}: the VM has ended`,
    );
  });
});

Deno.test("a payload that is announced too long ends the session", async () => {
  const then = (port: Deno.UnixConn) =>
    send(port, said("program_output", { stream: "stdout", bytes: 2 ** 31 }));
  await withGuest(begun(then), async (session) => {
    assertEquals(
      await failure(runProgram(session, ["cat"], { seconds: 10 })),
      `1: ${SAYS}: it sent a line that is too long`,
    );
  });
});

const EXITS: [params: object, code: number, signal: string | null][] = [
  [{ exit_code: 3, signal: null }, 3, null],
  [{ exit_code: -1 }, 255, null],
  [{ exit_code: 256 }, 255, null],
  [{ exit_code: 1e300 }, 255, null],
  [{ exit_code: "0; reboot" }, 255, null],
  [{}, 255, null],
  [{ exit_code: 143, signal: "SIGTERM" }, 143, "SIGTERM"],
  [{ exit_code: 1, signal: "\x1b[2J" }, 1, null],
  [{ exit_code: 1, signal: { a: 1 } }, 1, null],
];

Deno.test("an exit code is a number from 0 to 255, whatever the guest says", async () => {
  const left = EXITS.map(([params]) => params);
  const then = (port: Deno.UnixConn) =>
    send(port, said("program_exit", left.shift()!));
  await withGuest(begun(then), async (session) => {
    for (const [, exit_code, signal] of EXITS) {
      const program = await startProgram(session, ["x"], {}, async () => {});
      assertEquals(await program.exit, { exit_code, signal });
    }
  });
});

/** As they stand in JSON, and how many bytes of input are sent then. */
const WINDOWS: [window: string, bytes: number][] = [
  ["null", LONGEST_PAYLOAD],
  ['"NaN"', LONGEST_PAYLOAD],
  ['"x"', LONGEST_PAYLOAD],
  ["{}", LONGEST_PAYLOAD],
  ["-1", LONGEST_PAYLOAD],
  ["0", LONGEST_PAYLOAD],
  ["0.5", LONGEST_PAYLOAD],
  ["1e300", LONGEST_PAYLOAD],
  ["1e999", LONGEST_PAYLOAD],
  ["-1e999", LONGEST_PAYLOAD],
  [`${16 * LONGEST_PAYLOAD + 1}`, LONGEST_PAYLOAD],
  [`${16 * LONGEST_PAYLOAD}`, 16 * LONGEST_PAYLOAD],
  [`${2 * LONGEST_PAYLOAD}`, 2 * LONGEST_PAYLOAD],
];

/** What is said to be taken, and how many bytes more are sent then. */
const TAKEN: [taken: string, bytes: number][] = [
  ["null", 0],
  ['"NaN"', 0],
  ['"x"', 0],
  ["{}", 0],
  ["-1", 0],
  ["-1e999", 0],
  ["0", 0],
  ["1", 0],
  ["1e300", LONGEST_PAYLOAD],
  ["1e999", LONGEST_PAYLOAD],
  [`${LONGEST_PAYLOAD}`, LONGEST_PAYLOAD],
];

/**
 * A program that is given more input than any window holds. Newlines: the guest
 * here takes them for blank lines.
 *
 * @param taken what the guest says once, when the window is full.
 * @returns bytes of input that came; all that ever do.
 */
async function inputOf(window: string, taken?: string): Promise<number> {
  let came = 0;
  const told = `{"jsonrpc":"2.0","method":"program_input_taken",` +
    `"params":{"program":7,"taken":${taken}}}\n`;
  await withGuest(async ({ id, method, params }, port) => {
    if (method === "program_input") came += params.bytes as number;
    if (method === "ping") await send(port, told, { id, result: {} });
    if (method !== "program_start") return;
    const result = `{"program":7,"input_window":${window}}`;
    await send(port, `{"id":"${id}","result":${result}}\n`);
  }, async (session) => {
    const program = await startProgram(session, ["x"], {}, async () => {});
    void program.write(new Uint8Array(32 * LONGEST_PAYLOAD).fill(10))
      .catch(() => {});
    // Until nothing more comes for a while.
    const settled = async (before: number) => {
      for (let i = 0; i < 40 && came === before; i++) {
        await new Promise((done) => setTimeout(done, 5));
      }
      for (let last = -1; last !== came;) {
        last = came;
        await new Promise((done) => setTimeout(done, 50));
      }
    };
    await settled(0);
    if (taken === undefined) return;
    const full = came;
    await session.call("ping", {}, 5);
    await settled(full);
    came -= full;
  });
  return came;
}

Deno.test("a window is believed within reason", async () => {
  for (const [window, bytes] of WINDOWS) {
    assertEquals(await inputOf(window), bytes, window);
  }
});

Deno.test("what is said to be taken makes no more room than there was", async () => {
  for (const [taken, bytes] of TAKEN) {
    assertEquals(await inputOf("0", taken), bytes, taken);
  }
});

Deno.test("a program that never ends is given up at its time", async () => {
  await withGuest(begun(never), async (session) => {
    const ran = runProgram(session, ["sleep"], { seconds: 0.5 });
    const timer = new Promise((_, late) =>
      setTimeout(() => late(new Error("it was waited for")), 20_000)
    );
    assertEquals(
      await failure(Promise.race([ran, timer])),
      "5: cannot wait for sleep: it did not end within 0.5 s",
    );
  });
});
