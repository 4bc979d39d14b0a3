/** The real agent over pipes instead of a port, for tests of both ends. */

import { assert } from "@std/assert";
import { AgentSession, type Wire } from "../lib/agent/session.ts";

/** What runs in the guest. */
export const AGENT = new URL("../guest/agent/main.ts", import.meta.url)
  .pathname;

export interface AgentOptions {
  /** What stands in its agent.toml; FOLDER is a folder of its own. */
  policy?: string;
  /** Scripts that it finds before the programs of the system, by name. */
  programs?: Record<string, string>;
  /** It finds no others. */
  alone?: boolean;
  /** Seconds without a host until it leaves. */
  idle?: number;
}

/** An agent that nobody has spoken to yet. */
export interface Unmet extends AsyncDisposable {
  wire: Wire;
  child: Deno.ChildProcess;
  folder: string;
}

/** Start one, as whoever runs the tests. */
export async function unmetAgent(options: AgentOptions = {}): Promise<Unmet> {
  const folder = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    ...await prepare(folder, options),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return {
    wire: { readable: child.stdout, writable: child.stdin },
    child,
    folder,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // The test has ended it.
      }
      await child.status;
      await child.stdout.cancel().catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Its policy and programs in a folder, and how it is run with them. */
export async function prepare(
  folder: string,
  { policy = "", programs = {}, alone = false, idle = 60 }: AgentOptions,
): Promise<{ args: string[]; env: Record<string, string> }> {
  const file = `${folder}/agent.toml`;
  await Deno.writeTextFile(file, policy.replaceAll("FOLDER", folder));
  const bin = `${folder}/programs`;
  await Deno.mkdir(bin);
  for (const [name, script] of Object.entries(programs)) {
    const text = `#!/bin/sh\n${script.replaceAll("FOLDER", folder)}\n`;
    await Deno.writeTextFile(`${bin}/${name}`, text, { mode: 0o755 });
  }
  return {
    args: ["run", "--quiet", "--allow-all", AGENT, file, `${idle}`],
    env: { PATH: alone ? bin : `${bin}:${Deno.env.get("PATH")}` },
  };
}

export interface LocalAgent extends AsyncDisposable {
  session: AgentSession;
  child: Deno.ChildProcess;
  folder: string;
}

/**
 * Start one, as whoever runs the tests, and meet it.
 *
 * @param policy what stands in its agent.toml; FOLDER is a folder of its own.
 */
export async function localAgent(
  name: string,
  policy = "",
  programs: Record<string, string> = {},
): Promise<LocalAgent> {
  const { wire, child, folder, ...agent } = await unmetAgent({
    policy,
    programs,
  });
  const end = agent[Symbol.asyncDispose];
  const session = new AgentSession(name, wire);
  const leave = session[Symbol.asyncDispose].bind(session);
  assert(await session.meet(20_000) !== undefined);
  return {
    session,
    child,
    folder,
    async [Symbol.asyncDispose]() {
      await leave();
      await end();
    },
  };
}

/** A test that has one of its own. */
export function withAgent(
  name: string,
  work: (given: LocalAgent) => Promise<void>,
  { policy, programs }: AgentOptions = {},
) {
  Deno.test(name, async () => {
    await using agent = await localAgent("web", policy, programs);
    await work(agent);
  });
}
