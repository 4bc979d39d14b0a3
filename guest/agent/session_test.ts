/** What a host has begun ends with it. */

import { assertEquals, assertRejects } from "@std/assert";
import { withAgent } from "../../tests/local_agent.ts";
import { runProgram } from "../../lib/agent/program.ts";
import { AgentError } from "../../lib/agent/session.ts";
import { DEFAULT } from "./policy.ts";
import { Session } from "./session.ts";

/** True for a process that runs, and is not only waited for. */
function alive(pid: number): boolean {
  try {
    return !Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z");
  } catch {
    return false;
  }
}

/** Processes that have that word on their command line. */
function processes(word: string): number[] {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name));
  return pids.filter((pid) => {
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
      return words.includes(word);
    } catch {
      return false;
    }
  });
}

/** Look again until there is nothing left to wait for, or hope. */
async function until(done: () => boolean | Promise<boolean>) {
  for (let i = 0; i < 200 && !await done(); i++) {
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** A program that starts another, and puts both their numbers into a file. */
function family(file: string) {
  const script = `sleep 300 & echo $! $$ > ${file}; wait`;
  return { command: "sh", args: ["-c", script], root: true };
}

async function pidsIn(file: string): Promise<number[]> {
  let pids: number[] = [];
  await until(async () => {
    const text = await Deno.readTextFile(file).catch(() => "");
    pids = text.trim().split(" ").filter(Boolean).map(Number);
    return pids.length === 2;
  });
  return pids;
}

/** The same by a shell that gives its jobs groups of their own. */
function jobs(file: string) {
  const script = `set -m; sleep 300 & echo $! $$ > ${file}; wait`;
  return { command: "bash", args: ["-c", script], root: true };
}

const LONG = { timeout_seconds: 300 };

for (const method of ["program_start", "exec_command"]) {
  withAgent(`${method}: all of it ends when the host leaves`, async (given) => {
    const { session, child, folder } = given;
    const file = `${folder}/pids`;
    session.call(method, { ...family(file), ...LONG }).catch(() => {});
    const pids = await pidsIn(file);
    assertEquals(pids.map(alive), [true, true]);
    await child.stdin.close().catch(() => {});
    await session[Symbol.asyncDispose]();
    await until(() => !pids.some(alive));
    assertEquals(pids.map(alive), [false, false]);
  });

  withAgent(`${method}: all of it ends when a host begins anew`, async ({
    session,
    folder,
  }) => {
    const file = `${folder}/pids`;
    session.call(method, { ...family(file), ...LONG }).catch(() => {});
    const pids = await pidsIn(file);
    assertEquals(pids.map(alive), [true, true]);
    await session.meet(20_000);
    await until(() => !pids.some(alive));
    assertEquals(pids.map(alive), [false, false]);
  });
}

withAgent(
  "jobs in groups of their own end when the host leaves",
  async (given) => {
    const { session, child, folder } = given;
    const file = `${folder}/pids`;
    await session.call("program_start", jobs(file));
    const pids = await pidsIn(file);
    const groups = pids.map((pid) =>
      Deno.readTextFileSync(`/proc/${pid}/stat`).split(" ")[4]
    );
    assertEquals(groups, pids.map(String));
    await child.stdin.close().catch(() => {});
    await session[Symbol.asyncDispose]();
    await until(() => !pids.some(alive));
    assertEquals(pids.map(alive), [false, false]);
  },
);

withAgent(
  "what runs in the background stays when its program has ended",
  async ({
    session,
    folder,
  }) => {
    const file = `${folder}/pids`;
    const script = `sleep 300 >&- 2>&- & echo $! $$ > ${file}`;
    await runProgram(session, ["sh", "-c", script], { root: true });
    const [job] = await pidsIn(file);
    await session.meet(20_000);
    assertEquals((await session.call("ping") as { pong: boolean }).pong, true);
    assertEquals(alive(job!), true);
    Deno.kill(job!, "SIGKILL");
  },
);

Deno.test("a program that is about to start when its host leaves does not stay", async () => {
  // Nobody else waits for so long.
  const seconds = `${300 + Math.random()}`;
  const params = { command: "sleep", args: [seconds], root: true };
  const message = { jsonrpc: "2.0", method: "program_start", id: 1, params };
  let told = 0;
  for (let turns = 0; turns < 30; turns++) {
    const guest = { policy: DEFAULT, version: "" };
    const session = new Session(guest, () => Promise.resolve(void told++));
    const asked = session.receive({ message });
    for (let turn = 0; turn < turns; turn++) {
      await new Promise((next) => setTimeout(next));
    }
    session.end();
    told = 0;
    await asked;
    assertEquals(told, 0);
  }
  await until(() => processes(seconds).length === 0);
  const left = processes(seconds);
  for (const pid of left) Deno.kill(pid, "SIGKILL");
  assertEquals(left, []);
});

withAgent("a command that takes too long is ended with all it started", async ({
  session,
  folder,
}) => {
  const file = `${folder}/pids`;
  const params = { ...family(file), timeout_seconds: 2 };
  const error = await assertRejects(
    () => session.call("exec_command", params),
    AgentError,
  );
  assertEquals(error.code, -32003);
  const pids = await pidsIn(file);
  await until(() => !pids.some(alive));
  assertEquals([pids.length, ...pids.map(alive)], [2, false, false]);
});
