/** The one place that starts programs. Everything else takes a `Run`. */

import { Failure } from "../command/failure.ts";
import { quote } from "./quote.ts";
import { ChildFailed, type Result } from "./result.ts";

export interface RunOptions {
  /** Text for the child's standard input. */
  stdin?: string;
  /** Exit codes that are an answer rather than a failure. Default: only 0. */
  ok?: readonly number[];
  /** False for a program that only looks; `--dry-run` still runs it. */
  changes?: boolean;
  /** What the trace prints instead of the words really run. */
  trace?: string[];
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Ends the child with SIGTERM. */
  signal?: AbortSignal;
  /** Of one that is attached: takes what it prints, in the terminal's place. */
  output?: (bytes: Uint8Array) => Promise<void>;
  /** Of one that is talked to: hand out its standard error as well. */
  stderr?: boolean;
  /** Of one that is talked to: in a session of its own, where no Ctrl-C comes. */
  detached?: boolean;
}

/** A child that is talked to while it runs. */
export interface Talk {
  stdin: WritableStream<Uint8Array>;
  stdout: ReadableStream<Uint8Array>;
  /** Where it was asked for. */
  stderr?: ReadableStream<Uint8Array>;
  status: Promise<{ code: number }>;
  kill(signal: Deno.Signal): void;
}

export interface Run {
  /** Run to the end and hand back what it printed. */
  (argv: readonly string[], options?: RunOptions): Promise<Result>;
  /** Give it this process's terminal; hand back its exit code. */
  attached(argv: readonly string[], options?: RunOptions): Promise<number>;
  /** Start it with pipes and talk to it. */
  talk(argv: readonly string[], options?: RunOptions): Talk;
  /**
   * Start it in a session of its own; it outlives this process.
   *
   * @returns false where the program is not there.
   */
  detached(argv: readonly string[]): boolean;
  /** Trace what is done in another way; true where it must not be done. */
  skips(options: { trace: string[]; changes: boolean }): boolean;
}

export interface RealRunOptions {
  trace: boolean;
  dryRun: boolean;
  log: (line: string) => void;
}

const NOTHING: Result = { code: 0, stdout: "", stderr: "" };

/** Run programs for real, in the C locale so that their words don't change. */
export function realRun({ trace, dryRun, log }: RealRunOptions): Run {
  /** Trace; true where the program must not be run. */
  const skipped = (argv: readonly string[], options: RunOptions) => {
    const skip = dryRun && options.changes !== false;
    if (trace || skip) {
      const lines = options.trace ?? [traceLine(argv, options.stdin)];
      lines.forEach((line) => log(`+ ${line}`));
    }
    return skip;
  };
  const run = async (argv: readonly string[], options: RunOptions = {}) => {
    if (skipped(argv, options)) return NOTHING;
    const result = await output(argv, options);
    if (!(options.ok ?? [0]).includes(result.code)) {
      throw new ChildFailed(argv, result);
    }
    return result;
  };
  return Object.assign(run, {
    async attached(argv: readonly string[], options: RunOptions = {}) {
      if (skipped(argv, options)) return 0;
      const child = spawn(argv, options, {
        stdin: "inherit",
        stdout: options.output ? "piped" : "inherit",
        stderr: "inherit",
      });
      if (options.output) await drain(child.stdout, options.output);
      return (await child.status).code;
    },
    talk(argv: readonly string[], options: RunOptions = {}): Talk {
      skipped(argv, { ...options, changes: false });
      const child = spawn(argv, options, {
        stdin: "piped",
        stdout: "piped",
        stderr: options.stderr ? "piped" : "null",
        detached: options.detached,
      });
      const { stdin, stdout, status } = child;
      return {
        stdin,
        stdout,
        stderr: options.stderr ? child.stderr : undefined,
        status,
        kill: (signal) => child.kill(signal),
      };
    },
    skips: (options: RunOptions) => skipped([], options),
    detached(argv: readonly string[]) {
      if (skipped(argv, {})) return true;
      const none = { stdin: "null", stdout: "null", stderr: "null" } as const;
      try {
        // The folder of now may be deleted before it has begun.
        spawn(argv, {}, { ...none, detached: true, cwd: "/" }).unref();
        return true;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return false;
      }
    },
  });
}

/** The line to paste; what goes in on standard input becomes a here-document. */
export function traceLine(argv: readonly string[], stdin?: string): string {
  const line = argv.map(quote).join(" ");
  if (stdin === undefined) return line;
  const lines = stdin.trimEnd().split("\n");
  let end = "END";
  while (lines.includes(end)) end += "_";
  return [`${line} <<'${end}'`, ...lines, end].join("\n");
}

type Streams = Pick<
  Deno.CommandOptions,
  "stdin" | "stdout" | "stderr" | "detached" | "cwd"
>;

function spawn(
  argv: readonly string[],
  options: RunOptions,
  streams: Streams,
): Deno.ChildProcess {
  const [program, ...args] = argv;
  try {
    return new Deno.Command(program!, {
      args,
      env: { LC_ALL: "C", ...options.env },
      signal: options.signal,
      ...streams,
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Failure(
      "host",
      `cannot run ${program}`,
      "the program is not installed",
      "vms-doctor",
    );
  }
}

async function output(
  argv: readonly string[],
  options: RunOptions,
): Promise<Result> {
  const stdin = options.stdin === undefined ? "null" : "piped";
  const child = spawn(argv, options, {
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
  const [result] = await Promise.all([
    child.output(),
    options.stdin === undefined ? undefined : feed(child, options.stdin),
  ]);
  const text = new TextDecoder();
  return {
    code: result.code,
    stdout: text.decode(result.stdout),
    stderr: text.decode(result.stderr),
  };
}

async function drain(
  from: ReadableStream<Uint8Array>,
  to: (bytes: Uint8Array) => Promise<void>,
) {
  for await (const bytes of from) await to(bytes);
}

/** A child that ends before it has read all says why by itself. */
async function feed(child: Deno.ChildProcess, text: string) {
  try {
    await new Response(text).body!.pipeTo(child.stdin);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
