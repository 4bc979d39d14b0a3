/** The person's terminal, given to a program in a VM. */

import { connectToAgent } from "../agent/connect.ts";
import { type ProgramOptions, startProgram } from "../agent/program.ts";
import { AgentError } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { endsCommand, takeSignals } from "../command/interrupt.ts";
import { SafeScreen } from "../console/safe_screen.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains } from "../libvirt/domain.ts";
import { mustRun } from "../libvirt/running.ts";
import { quote } from "../process/quote.ts";
import { undoing } from "../undo/undo.ts";
import { Leaving } from "./leaving.ts";

/** Terminals that a guest is likely to know; others look like this one. */
const KNOWN = /^(xterm|screen|tmux|linux|vt[0-9]+)[a-z0-9+-]*$/;
const USUAL = "xterm-256color";

/**
 * Run a program, or the user's shell, on a terminal in the VM that follows
 * this one in size. Enter, `~`, `.` leaves a VM that hangs. A dry run says what
 * it would run, in a VM that must run.
 *
 * @returns its exit code.
 * @throws {Failure} `host` where standard input is no terminal.
 */
export async function shell(
  connection: Connection,
  context: Context,
  name: string,
  argv: readonly string[],
  options: Pick<ProgramOptions, "root" | "directory">,
): Promise<number> {
  const what = `cannot open a shell in "${name}"`;
  if (context.dryRun) {
    mustRun(await listDomains(connection.virsh), name, what);
    const program = argv.length > 0 ? argv.map(quote).join(" ") : "a shell";
    context.say(`would run ${program} in "${name}"`);
    return 0;
  }
  if (!Deno.stdin.isTerminal() || !context.out.terminal) {
    const why = "standard input and output are no terminal";
    throw new Failure("host", what, why, `vms-exec ${name} -- CMD`);
  }
  await using agent = await connectToAgent(connection, name);
  const screen = new SafeScreen();
  const term = Deno.env.get("TERM") ?? "";
  const program = await startProgram(agent, argv, {
    ...options,
    environment: { TERM: KNOWN.test(term) ? term : USUAL },
    terminal: Deno.consoleSize(),
  }, (_, bytes) => context.out.bytes(screen.push(bytes))).catch((error) => {
    if (!(error instanceof AgentError)) throw error;
    throw new Failure("failed", what, error.message);
  });
  await using undo = undoing();
  Deno.stdin.setRaw(true);
  undo.add(() => Promise.resolve(Deno.stdin.setRaw(false)));
  const resize = () => void program.resize(Deno.consoleSize()).catch(() => {});
  Deno.addSignalListener("SIGWINCH", resize);
  // In raw mode Ctrl-C is a key; such a signal means that this end is closing.
  using _signals = takeSignals((signal) => {
    if (endsCommand(signal)) void agent[Symbol.asyncDispose]();
    else void program.signal(signal).catch(() => {});
  });
  void type(program.write, () => void agent[Symbol.asyncDispose]());
  try {
    return (await program.exit).exit_code;
  } finally {
    Deno.removeSignalListener("SIGWINCH", resize);
    // Where the terminal has gone there is nothing to put back.
    await context.out.bytes(screen.end()).catch(() => {});
  }
}

/** Hand on the keys, but for those that leave. */
async function type(
  write: (bytes: Uint8Array) => Promise<void>,
  leave: () => void,
): Promise<void> {
  const leaving = new Leaving();
  try {
    for await (const bytes of Deno.stdin.readable) {
      const { keys, leaves } = leaving.push(bytes);
      if (leaves) return leave();
      await write(keys);
    }
  } catch {
    // The program has ended.
  }
}
