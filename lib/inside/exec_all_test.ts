/** In guests that are agents on this host; each name has one of its own. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { localAgent } from "../../tests/local_agent.ts";
import type { AgentSession } from "../agent/session.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { output } from "../command/output.ts";
import { fakeRun } from "../process/fake_run.ts";
import { execInEach } from "./exec_all.ts";
import type { ExecOptions } from "./exec.ts";

interface Seen {
  out: string;
  err: string;
  said: string[];
  objects: Record<string, unknown>[];
}

/** A context that keeps what is printed; `taken` is called with each piece. */
function keeping(json: boolean, taken: (text: string) => void = () => {}) {
  const seen: Omit<Seen, "said"> = { out: "", err: "", objects: [] };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const context = fakeContext(fakeRun([]), {
    err: (bytes) => Promise.resolve(void (seen.err += text(bytes))),
    out: {
      ...output({ json, terminal: false }),
      // deno-lint-ignore require-await
      async bytes(bytes) {
        seen.out += text(bytes);
        taken(seen.out);
      },
      object: (value) => void seen.objects.push({ ...value }),
    },
  });
  return { context, seen };
}

async function agentOf(name: string): Promise<AgentSession> {
  const agent = await localAgent(name);
  const { session } = agent;
  const leave = session[Symbol.asyncDispose].bind(session);
  session[Symbol.asyncDispose] = async () => {
    await leave();
    await agent[Symbol.asyncDispose]();
  };
  return session;
}

const off = (name: string) =>
  Promise.reject(
    new Failure("conflict", `cannot reach "${name}"`, "it is off"),
  );

interface Given extends ExecOptions {
  names?: string[];
  json?: boolean;
  jobs?: number;
  reach?: (name: string) => Promise<AgentSession>;
  taken?: (text: string) => void;
}

async function ran(argv: string[], given: Given = {}) {
  const { names = ["a", "b"], json = false, jobs = 8, ...rest } = given;
  const { reach = agentOf, taken, ...options } = rest;
  const { context, seen } = keeping(json, taken);
  const how = { ...options, jobs };
  const code = await execInEach(reach, context, names, argv, how);
  return { code, ...seen, said: context.said };
}

Deno.test("execInEach() prefixes each line with the name of its VM", async () => {
  const { code, out, err } = await ran([
    "sh",
    "-c",
    "printf 'one\\n\\ntwo'; echo bad >&2",
  ]);
  assertEquals(code, 0);
  const lines = (name: string) => `${name}: one\n${name}:\n${name}: two\n`;
  assertEquals(
    out.split("\n").toSorted(),
    `${lines("a")}${lines("b")}`.split("\n").toSorted(),
  );
  assertEquals(err.split("\n").toSorted(), ["", "a: bad", "b: bad"]);
});

Deno.test("execInEach() prints lines as they come, not at the end", async () => {
  const folder = await Deno.makeTempDir();
  const script = `echo first; until [ -e ${folder}/go ]; do sleep 0.05; done`;
  const { code, out } = await ran(["sh", "-c", `${script}; echo last`], {
    names: ["a"],
    root: true,
    // The program ends only because its first line was seen before.
    taken: (text) => {
      if (text === "a: first\n") Deno.writeTextFileSync(`${folder}/go`, "");
    },
    timeout: 60,
  });
  assertEquals([code, out], [0, "a: first\na: last\n"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("execInEach() prints any size", async () => {
  const mib = 18;
  const script = `yes ${"x".repeat(99)} | head -c ${mib * 2 ** 20}`;
  let lines = 0;
  const { code, said } = await ran(["sh", "-c", script], {
    names: ["a"],
    taken: (text) => lines = text.length,
  });
  assertEquals([code, said], [0, []]);
  assert(lines > mib * 2 ** 20, `${lines}`);
});

Deno.test("execInEach() as JSON ends what says too much, and tells", async () => {
  const { code, objects, said } = await ran(["yes"], {
    names: ["a"],
    json: true,
  });
  const [{ stdout, ...rest } = {}] = objects;
  assertEquals(rest, {
    name: "a",
    exit_code: 137,
    stderr: "",
    truncated: true,
  });
  assert((stdout as string).length > 15 * 2 ** 20);
  assertEquals(code, 137);
  assertEquals(said, [
    "a: it said more than 16.0 MiB, which is all --json takes",
    "try: vms-exec a -- yes",
  ]);
});

Deno.test("execInEach() kills what takes too long, and says so", async () => {
  const late = await ran(["sh", "-c", "echo up; sleep 600"], { timeout: 2 });
  assertEquals(late.code, 5);
  assertEquals(late.said.toSorted(), [
    "a: cannot wait for sh: it did not end within 2 s",
    "b: cannot wait for sh: it did not end within 2 s",
  ]);
  const json = await ran(["sh", "-c", "echo up; sleep 600"], {
    timeout: 2,
    json: true,
    names: ["a"],
  });
  assertEquals([json.code, json.objects], [5, [
    {
      name: "a",
      stdout: "up\n",
      stderr: "",
      error: "it did not end within 2 s",
    },
  ]]);
});

Deno.test("execInEach() goes on where a VM is off", async () => {
  const reach = (name: string) => name === "b" ? off(name) : agentOf(name);
  const { code, out, said } = await ran(["echo", "up"], { reach });
  assertEquals([code, out, said], [
    1,
    "a: up\n",
    ['b: cannot reach "b": it is off'],
  ]);
  const json = await ran(["true"], { reach, names: ["b"], json: true });
  assertEquals([json.code, json.objects], [4, [{
    name: "b",
    stdout: "",
    stderr: "",
    error: 'cannot reach "b": it is off',
  }]]);
});

Deno.test("execInEach() has a shell's exit codes for one VM", async () => {
  const code = async (...argv: string[]) =>
    (await ran(argv, { names: ["a"] })).code;
  assertEquals(await code("no-such-program"), 127);
  assertEquals(await code("sh", "-c", "exit 3"), 3);
});

Deno.test("execInEach() is in so many VMs at a time, and no more", async () => {
  let now = 0;
  let most = 0;
  const reach = async (name: string) => {
    most = Math.max(most, ++now);
    const session = await agentOf(name);
    const end = session[Symbol.asyncDispose];
    session[Symbol.asyncDispose] = async () => {
      now--;
      await end.call(session);
    };
    return session;
  };
  const names = ["a", "b", "c", "d", "e"];
  const { code, out } = await ran(["echo", "x"], { names, jobs: 2, reach });
  assertEquals(code, 0);
  assertEquals(out.split("\n").toSorted(), [
    "",
    ...names.map((n) => `${n}: x`),
  ]);
  assertEquals([most, now], [2, 0]);
});

Deno.test("execInEach() ends where nobody reads what it prints", async () => {
  const closed = () => {
    throw new Deno.errors.BrokenPipe();
  };
  await assertRejects(
    () => ran(["yes"], { names: ["a"], taken: closed, timeout: 60 }),
    Deno.errors.BrokenPipe,
  );
});
