/** Running one program in several VMs at once. */

import { connectToAgent } from "../agent/connect.ts";
import { deadline } from "../agent/deadline.ts";
import { runProgram, startProgram } from "../agent/program.ts";
import { AgentError, type AgentSession } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { EXIT, Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { humanSize } from "../names/values.ts";
import { quote } from "../process/quote.ts";
import { type ExecOptions, refusalCode } from "./exec.ts";
import { Lines } from "./lines.ts";

/** Most bytes of output, and of errors, that go into one object of JSON. */
const LARGEST = 16 * 2 ** 20;

/** What the program did in one of them: a line of JSON. */
interface Outcome {
  name: string;
  /** Undefined where it could not be run, or not to its end. */
  exit_code?: number;
  stdout: string;
  stderr: string;
  /** There was more, and the program was ended for it. */
  truncated?: true;
  error?: string;
}

/** Runs the program in one VM; its exit code. */
type Work = (agent: AgentSession, name: string) => Promise<number>;

/**
 * Run a program without input in several VMs, so many at a time. What it says
 * is printed line by line as it comes, or as one object per VM with `--json`.
 *
 * @returns the exit code: that of the program for one VM, else 1 where it failed
 * somewhere, and 5 where it did nothing worse than to take too long.
 */
export async function execInAll(
  connection: Connection,
  context: Context,
  names: readonly string[],
  argv: readonly string[],
  options: ExecOptions & { jobs: number },
): Promise<number> {
  const reach = (name: string) => connectToAgent(connection, name);
  return await execInEach(reach, context, names, argv, options);
}

/** The same by agents that are reached in some way. */
export async function execInEach(
  reach: (name: string) => Promise<AgentSession>,
  context: Context,
  names: readonly string[],
  argv: readonly string[],
  { jobs, ...options }: ExecOptions & { jobs: number },
): Promise<number> {
  const work = context.out.json
    ? collecting(context, argv, options)
    : streaming(context, argv, options);
  const waiting = [...names];
  const codes: number[] = [];
  const worker = async () => {
    for (let name; (name = waiting.shift()) !== undefined;) {
      codes.push(await inOne(reach, context, name, work));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  const failed = new Set(codes.filter((code) => code !== 0));
  if (codes.length === 1 || failed.size === 0) return codes[0] ?? 0;
  return failed.size === 1 && failed.has(EXIT.timeout)
    ? EXIT.timeout
    : EXIT.failed;
}

/** A VM in which it cannot be run does not keep it from the others. */
async function inOne(
  reach: (name: string) => Promise<AgentSession>,
  { say, out }: Context,
  name: string,
  work: Work,
): Promise<number> {
  try {
    await using agent = await reach(name);
    return await work(agent, name);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, hint } = error;
    if (out.json) out.object({ ...nothing(name), error: message }, () => []);
    say(`${name}: ${message}`);
    if (hint) say(`try: ${hint}`);
    return error instanceof AgentError ? refusalCode(error) : EXIT[error.exit];
  }
}

function nothing(name: string): Outcome {
  return { name, stdout: "", stderr: "" };
}

/** Lines of different VMs stand one after the other, each whole. */
function streaming(
  { out, err, say }: Context,
  argv: readonly string[],
  { timeout = Infinity, ...options }: ExecOptions,
): Work {
  let last = Promise.resolve();
  const encoder = new TextEncoder();
  const lines = (name: string, write: (bytes: Uint8Array) => Promise<void>) =>
    new Lines((some) => {
      const text = some.map((line) => `${name}: ${line}`.trimEnd() + "\n");
      const bytes = encoder.encode(text.join(""));
      return last = last.then(() => write(bytes));
    });
  return async (agent, name) => {
    const says = { stdout: lines(name, out.bytes), stderr: lines(name, err) };
    const program = await startProgram(
      agent,
      argv,
      options,
      (stream, bytes) => says[stream].push(bytes),
    );
    using limited = deadline(program, argv[0]!, timeout);
    const ended = program.endInput().then(() => program.exit);
    const over = Promise.race([ended, limited.passed]);
    const { exit_code } = await over.finally(async () => {
      await says.stdout.end();
      await says.stderr.end();
    });
    if (limited.late) throw limited.failure;
    if (exit_code !== 0) say(`${name}: exited with ${exit_code}`);
    return exit_code;
  };
}

function collecting(
  { out, say }: Context,
  argv: readonly string[],
  { timeout = Infinity, ...options }: ExecOptions,
): Work {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return async (agent, name) => {
    const limits = { ...options, seconds: timeout, limit: LARGEST };
    const { code, stdout, stderr, truncated, late } = await runProgram(
      agent,
      argv,
      limits,
    );
    const error = `it did not end within ${timeout} s`;
    const done: Outcome = {
      name,
      ...(late ? {} : { exit_code: code }),
      stdout: text(stdout),
      stderr: text(stderr),
      ...(truncated ? { truncated } : {}),
      ...(late ? { error } : {}),
    };
    out.object(done, () => []);
    if (late) say(`${name}: ${error}`);
    if (truncated) {
      const most = humanSize(LARGEST);
      say(`${name}: it said more than ${most}, which is all --json takes`);
      say(`try: vms-exec ${name} -- ${argv.map(quote).join(" ")}`);
    } else if (!late && code !== 0) say(`${name}: exited with ${code}`);
    return late ? EXIT.timeout : code;
  };
}
