/** What a session believes of a guest that lies: messages, ids, sizes. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { FrameReader } from "../../guest/agent/frame.ts";
import { AgentError, AgentSession } from "../../lib/agent/session.ts";
import { Failure } from "../../lib/command/failure.ts";
import { jsonLine } from "../../lib/command/output.ts";
import {
  failure,
  never,
  type Request,
  SAYS,
  send,
  sendBytes,
  withGuest,
} from "./liar.ts";

const MIB = 2 ** 20;
const decoder = new TextDecoder();

/** Bytes of memory that this process holds. */
function resident(): number {
  return Deno.memoryUsage().rss;
}

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
    "take_identity",
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
