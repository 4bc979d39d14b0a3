/** Running programs in VMs, with the words of this process as theirs. */

import { connectToAgent } from "../agent/connect.ts";
import { deadline } from "../agent/deadline.ts";
import {
  type ProgramOptions,
  type RemoteProgram,
  startProgram,
} from "../agent/program.ts";
import { AgentError, type AgentSession } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { endsCommand, takeSignals } from "../command/interrupt.ts";
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
 * @throws {Failure} `timeout`.
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
  { timeout = Infinity, started: tell, ...options }: ExecOptions,
): Promise<number> {
  const [out, err] = [
    sink(context.out.bytes, context.out.terminal),
    sink(context.err, context.terminal),
  ];
  const program = await started(
    context,
    name,
    argv,
    () =>
      startProgram(
        agent,
        argv,
        options,
        (to, bytes) => (to === "stdout" ? out : err).write(bytes),
      ),
  );
  if (typeof program === "number") return program;
  tell?.();
  let left = PATIENCE;
  using _signals = takeSignals((signal) => {
    if (!endsCommand(signal) || left-- > 0) {
      void program.signal(signal).catch(() => {});
    } else void agent[Symbol.asyncDispose]();
  });
  using limited = deadline(program, `${argv[0]} in "${name}"`, timeout);
  void feed(program);
  try {
    const { exit_code } = await Promise.race([program.exit, limited.passed]);
    if (limited.late) throw limited.failure;
    return exit_code;
  } finally {
    await out.end();
    await err.end();
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
    return refusalCode(error);
  }
}

/** What a shell exits with where a program cannot be started. */
export function refusalCode({ code }: AgentError): number {
  return code === -32002 ? NOT_FOUND : NOT_ALLOWED;
}

interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  /** Put the terminal back as it was. */
  end(): Promise<void>;
}

function sink(
  write: (bytes: Uint8Array) => Promise<void>,
  terminal: boolean,
): Sink {
  if (!terminal) return { write, end: () => Promise.resolve() };
  const screen = new SafeScreen();
  return {
    write: (bytes) => write(screen.push(bytes)),
    // Where the terminal has gone there is nothing to put back.
    end: () => write(screen.end()).catch(() => {}),
  };
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
