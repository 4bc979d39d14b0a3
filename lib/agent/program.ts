/** Programs in a guest, as the host sees them. */

import type { Exit, Stream, TerminalSize } from "../../guest/agent/protocol.ts";
import { joined, LONGEST_PAYLOAD } from "../../guest/agent/frame.ts";
import { deadline } from "./deadline.ts";
import type { AgentSession } from "./session.ts";
import { Stall, STANDSTILL } from "./stall.ts";

export type { Stream, TerminalSize };

export interface ProgramOptions {
  /** As root, else as the VM's user. */
  root?: boolean;
  environment?: Record<string, string>;
  /** Absolute path; the user's home where it is left out. */
  directory?: string;
  /** Give it a terminal. */
  terminal?: TerminalSize;
}

export interface RemoteProgram {
  /** Hand on input; waits while the program has enough of it. */
  write(bytes: Uint8Array): Promise<void>;
  endInput(): Promise<void>;
  signal(signal: Deno.Signal): Promise<void>;
  resize(size: TerminalSize): Promise<void>;
  /**
   * @throws {Failure} where the guest broke off before the program ended;
   * what the sink threw.
   */
  exit: Promise<Exit>;
}

type Sink = (stream: Stream, bytes: Uint8Array) => Promise<void>;

/**
 * Start a program without a shell; `sink` takes what it says, and while it
 * does so the guest waits.
 *
 * @throws {AgentError} where it cannot be started.
 */
export async function startProgram(
  session: AgentSession,
  argv: readonly string[],
  options: ProgramOptions,
  sink: Sink,
): Promise<RemoteProgram> {
  const [command, ...args] = argv;
  const { root, environment, directory, terminal } = options;
  const answer = await session.call("program_start", {
    command,
    args,
    root,
    environment,
    terminal,
    working_directory: directory,
  });
  return follow(session, answer, sink);
}

/**
 * Start the guest's end of a copy: guest/agent/transfer.ts. Where nothing of it
 * moves for long and it is the guest's turn, it fails.
 *
 * @param standstill milliseconds of that.
 * @throws {AgentError} where it cannot be started.
 */
export async function startTransfer(
  session: AgentSession,
  words: readonly string[],
  { root }: Pick<ProgramOptions, "root">,
  sink: Sink,
  standstill = STANDSTILL,
): Promise<RemoteProgram> {
  const params = { arguments: words, root };
  const answer = await session.call("transfer_start", params);
  return follow(session, answer, sink, (end) => {
    const why = `nothing of the copy moved for ${standstill / 1000} s`;
    const over = () => end(session.failure("timeout", why));
    const stall = new Stall(over, standstill);
    // Who receives waits for this host first.
    if (words[0] === "receive") stall.host();
    return stall;
  });
}

function follow(
  session: AgentSession,
  answer: unknown,
  sink: Sink,
  watched?: (end: (why: Error) => void) => Stall,
): RemoteProgram {
  const { program: number, input_window } = (answer ?? {}) as Record<
    string,
    unknown
  >;
  const program = Number(number);
  const input = new Window(Number(input_window));
  const { promise: exit, resolve, reject } = Promise.withResolvers<Exit>();
  // Who does not wait for the end has no use for how it failed.
  exit.catch(() => {});
  /** Nobody takes what it says any more: a pipe of the host's is closed. */
  const broken = (error: unknown) => {
    stall?.[Symbol.dispose]();
    session.listen(program, undefined);
    input.close();
    reject(error);
    void notify("program_signal", { signal: "SIGKILL" }).catch(() => {});
  };
  const stall = watched?.(broken);
  session.listen(program, async (method, params, payload) => {
    if (method === "program_output" && payload) {
      const stream = params.stream === "stderr" ? "stderr" : "stdout";
      const taken = sink(stream, payload).catch(broken);
      await (stall?.aside(taken) ?? taken);
    } else if (method === "program_input_taken") {
      input.taken(Number(params.taken));
      stall?.moved();
    } else if (method === "program_exit") {
      stall?.[Symbol.dispose]();
      session.listen(program, undefined);
      input.close();
      resolve(exitOf(params));
    } else if (method === "session_end") {
      stall?.[Symbol.dispose]();
      input.close();
      reject(session.ended);
    }
  });
  if (session.ended) {
    stall?.[Symbol.dispose]();
    reject(session.ended);
  }
  const notify = (method: string, params: object, payload?: Uint8Array) =>
    session.notify(method, { program, ...params }, payload);
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += LONGEST_PAYLOAD) {
        const part = bytes.subarray(at, at + LONGEST_PAYLOAD);
        if (!input.has(part.length)) stall?.guest();
        const open = await input.take(part.length);
        stall?.host();
        if (!open) return;
        await notify("program_input", { bytes: part.length }, part);
      }
    },
    async endInput() {
      await notify("program_input_end", {});
      stall?.guest();
    },
    signal: (signal) => notify("program_signal", { signal }),
    resize: (size) => notify("program_resize", size),
    exit,
  };
}

/** Room for input that the program has not taken yet. */
class Window {
  #left: number;
  readonly #size: number;
  #open = true;
  #wake?: () => void;

  constructor(size: number) {
    // The guest says how much; it is believed within reason.
    const fits = size >= LONGEST_PAYLOAD && size <= 16 * LONGEST_PAYLOAD;
    this.#size = this.#left = fits ? size : LONGEST_PAYLOAD;
  }

  has(bytes: number): boolean {
    return this.#left >= bytes;
  }

  /** Wait for room. @returns false where nobody takes input any more. */
  async take(bytes: number): Promise<boolean> {
    while (this.#open && this.#left < bytes) {
      await new Promise<void>((wake) => this.#wake = wake);
    }
    this.#left -= bytes;
    return this.#open;
  }

  taken(bytes: number) {
    if (!(bytes > 0)) return;
    this.#left = Math.min(this.#size, this.#left + bytes);
    this.#wake?.();
  }

  close() {
    this.#open = false;
    this.#wake?.();
  }
}

function exitOf({ exit_code, signal }: Record<string, unknown>): Exit {
  const code = Number(exit_code);
  return {
    exit_code: Number.isInteger(code) && code >= 0 && code <= 255 ? code : 255,
    signal: typeof signal === "string" && /^SIG[A-Z0-9]{1,10}$/.test(signal)
      ? signal
      : null,
  };
}

export interface ProgramResult {
  code: number;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** True where it said more than was wanted, and was ended for it. */
  truncated: boolean;
  /** True where it was killed because its time was over. */
  late: boolean;
}

export interface RunOptions extends ProgramOptions {
  input?: Uint8Array;
  /** It is killed after that time. */
  seconds?: number;
  /** Most bytes of each stream. */
  limit?: number;
}

/** Run a program to its end and hand back what it said. */
export async function runProgram(
  session: AgentSession,
  argv: readonly string[],
  { input, seconds = 60, limit = 16 * 1024 * 1024, ...options }: RunOptions =
    {},
): Promise<ProgramResult> {
  const said = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const size = { stdout: 0, stderr: 0 };
  let truncated = false;
  const program = await startProgram(
    session,
    argv,
    options,
    (stream, bytes) => {
      if (size[stream] + bytes.length > limit) {
        if (!truncated) void program.signal("SIGKILL").catch(() => {});
        truncated = true;
      } else {
        size[stream] += bytes.length;
        said[stream].push(bytes);
      }
      return Promise.resolve();
    },
  );
  using limited = deadline(program, argv[0]!, seconds);
  const work = async () => {
    if (input) await program.write(input);
    await program.endInput();
    return await program.exit;
  };
  const { exit_code } = await Promise.race([work(), limited.passed]);
  return {
    code: exit_code,
    stdout: joined(said.stdout),
    stderr: joined(said.stderr),
    truncated,
    late: limited.late,
  };
}
