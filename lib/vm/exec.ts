/** Running programs in VMs, with the words of this process as theirs. */

import { connectToAgent } from "../agent/connect.ts";
import {
  type ProgramOptions,
  type RemoteProgram,
  startProgram,
} from "../agent/program.ts";
import { AgentError, type AgentSession } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { takeSignals } from "../command/interrupt.ts";
import { SafeScreen } from "../console/safe_screen.ts";
import type { Connection } from "../libvirt/connection.ts";

/** What a shell says of a program that is not there, or not to be run. */
const NOT_FOUND = 127;
const NOT_ALLOWED = 126;

/** How often a signal is handed on until the command itself ends. */
const PATIENCE = 3;

export interface ExecOptions extends ProgramOptions {
  /** Seconds; it is killed after that time. */
  timeout?: number;
  /** Called once it runs. */
  started?: () => void;
}

/**
 * Run a program in a VM: input, output, signals and exit code are those of this
 * process. Where output goes to a terminal the guest can only draw on it.
 *
 * @returns its exit code; 126 and 127 as a shell has them.
 */
export async function exec(
  connection: Connection,
  context: Context,
  name: string,
  argv: readonly string[],
  options: ExecOptions,
): Promise<number> {
  await using agent = await connectToAgent(connection, name);
  return await execBy(agent, context, name, argv, options);
}

/** The same by an agent that has been reached. */
export async function execBy(
  agent: AgentSession,
  context: Context,
  name: string,
  argv: readonly string[],
  { timeout, started: tell, ...options }: ExecOptions,
): Promise<number> {
  const sinks = {
    stdout: sink(context.out.bytes, context.out.terminal),
    stderr: sink(context.err, context.terminal),
  };
  const program = await started(
    context,
    name,
    argv,
    () => startProgram(agent, argv, options, (to, bytes) => sinks[to](bytes)),
  );
  if (typeof program === "number") return program;
  tell?.();
  let left = PATIENCE;
  using _signals = takeSignals((signal) => {
    if (left-- > 0) void program.signal(signal).catch(() => {});
    else void agent[Symbol.asyncDispose]();
  });
  const end = timeout && setTimeout(
    () => void program.signal("SIGKILL").catch(() => {}),
    timeout * 1000,
  );
  void feed(program);
  try {
    return (await program.exit).exit_code;
  } finally {
    if (end) clearTimeout(end);
  }
}

/** Start it; the exit code where it cannot be. */
async function started(
  context: Context,
  name: string,
  [command]: readonly string[],
  start: () => Promise<RemoteProgram>,
): Promise<RemoteProgram | number> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    context.say(`cannot run ${command} in "${name}": ${error.message}`);
    return error.code === -32002 ? NOT_FOUND : NOT_ALLOWED;
  }
}

function sink(
  write: (bytes: Uint8Array) => Promise<void>,
  terminal: boolean,
): (bytes: Uint8Array) => Promise<void> {
  if (!terminal) return write;
  const screen = new SafeScreen();
  return (bytes) => write(screen.push(bytes));
}

/** Standard input, for as long as the program wants it. */
export async function feed(program: RemoteProgram): Promise<void> {
  try {
    for await (const bytes of Deno.stdin.readable) await program.write(bytes);
    await program.endInput();
  } catch {
    // The program has ended: nobody reads on.
  }
}
