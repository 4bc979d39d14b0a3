/** Running one program in several VMs at once. */

import { connectToAgent } from "../agent/connect.ts";
import { runProgram } from "../agent/program.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { plainText } from "../names/plain_text.ts";
import type { ExecOptions } from "./exec.ts";

/** Seconds for a program that was given no time. */
const LONGEST = 24 * 3600;

/** What the program did in one of them. */
interface Outcome {
  name: string;
  /** Undefined where it could not be run. */
  exit_code?: number;
  stdout: string;
  stderr: string;
  error?: string;
}

/**
 * Run a program without input in several VMs, so many at a time, and print
 * what it says as soon as it has ended in one of them.
 *
 * @returns the exit code: that of the program for one VM, else 1 where it failed
 * somewhere.
 */
export async function execInAll(
  connection: Connection,
  context: Context,
  names: readonly string[],
  argv: readonly string[],
  { jobs, ...options }: ExecOptions & { jobs: number },
): Promise<number> {
  const waiting = [...names];
  const codes: number[] = [];
  const worker = async () => {
    for (let name; (name = waiting.shift()) !== undefined;) {
      const done = await outcome(connection, name, argv, options);
      codes.push(done.exit_code ?? 1);
      print(context, done);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  const failed = codes.some((code) => code !== 0);
  return codes.length === 1 ? codes[0]! : Number(failed);
}

async function outcome(
  connection: Connection,
  name: string,
  argv: readonly string[],
  { timeout = LONGEST, ...options }: ExecOptions,
): Promise<Outcome> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  try {
    await using agent = await connectToAgent(connection, name);
    const limits = { ...options, seconds: timeout };
    const { code, stdout, stderr } = await runProgram(agent, argv, limits);
    return {
      name,
      exit_code: code,
      stdout: text(stdout),
      stderr: text(stderr),
    };
  } catch (error) {
    const known = error instanceof Failure;
    if (!known) throw error;
    return { name, stdout: "", stderr: "", error: error.message };
  }
}

/** Lines of a guest never reach a terminal as they are. */
function print({ out, say }: Context, done: Outcome) {
  const { name, exit_code, stdout, stderr, error } = done;
  const lines = (text: string) => text.split("\n").filter(Boolean);
  out.object(
    done,
    () => lines(stdout).map((line) => `${name}: ${plainText(line)}`),
  );
  lines(stderr).forEach((line) => say(`${name}: ${line}`));
  if (error) say(`${name}: ${error}`);
  else if (exit_code !== 0) say(`${name}: exited with ${exit_code}`);
}
