/** What is believed of programs in a guest that lies: their output, end and windows. */

import { assertEquals } from "@std/assert";
import { LONGEST_PAYLOAD } from "../../guest/agent/frame.ts";
import {
  runProgram,
  startProgram,
  startTransfer,
} from "../../lib/agent/program.ts";
import {
  type Answer,
  failure,
  never,
  SAYS,
  send,
  sendBytes,
  withGuest,
} from "./liar.ts";

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
        await new Promise((done) => setTimeout(done, 300));
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

/** A copy that begins, and of which nothing moves; all else is answered. */
const still: Answer = async ({ id, method }, port) => {
  if (method === "transfer_start") {
    const result = { program: 7, input_window: LONGEST_PAYLOAD };
    await send(port, { jsonrpc: "2.0", id, result });
  } else if (id !== undefined) {
    await send(port, { jsonrpc: "2.0", id, result: {} });
  }
};

Deno.test("a copy of which nothing moves is given up, though the guest answers", async () => {
  const why = `5: ${SAYS}: nothing of the copy moved for 0.3 s`;
  await withGuest(still, async (session) => {
    const transfer = (...words: string[]) =>
      startTransfer(session, words, {}, async () => {}, 300);
    const source = await transfer("send", "x");
    assertEquals(await failure(source.exit), why);
    const target = await transfer("receive", "--", ".", "x");
    // It has no room for a second one.
    for (let i = 0; i < 2; i++) {
      await target.write(new Uint8Array(LONGEST_PAYLOAD).fill(10));
    }
    assertEquals(await failure(target.exit), why);
    const ended = await transfer("receive", "--", ".", "x");
    await ended.endInput();
    assertEquals(await failure(ended.exit), why);
    assertEquals(await session.call("ping"), {});
  });
});

Deno.test("a copy that waits for this host is not given up", async () => {
  await withGuest(still, async (session) => {
    const words = ["receive", "--", ".", "x"];
    const target = await startTransfer(session, words, {}, async () => {}, 300);
    const ended = target.exit.then(() => "ended", () => "given up");
    const waited = new Promise((done) => setTimeout(done, 1500, "waited"));
    assertEquals(await Promise.race([ended, waited]), "waited");
  });
});
