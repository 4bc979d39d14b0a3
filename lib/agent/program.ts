/** Programs in a guest, as the host sees them. */

import type { Exit, Stream, TerminalSize } from "../../guest/agent/protocol.ts";
import { joined, LONGEST_PAYLOAD } from "../../guest/agent/frame.ts";
import { deadline } from "./deadline.ts";
import type { AgentSession } from "./session.ts";

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
  sink: (stream: Stream, bytes: Uint8Array) => Promise<void>,
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
 * Start the guest's end of a copy: guest/agent/transfer.ts.
 *
 * @throws {AgentError} where it cannot be started.
 */
export async function startTransfer(
  session: AgentSession,
  words: readonly string[],
  { root }: Pick<ProgramOptions, "root">,
  sink: (stream: Stream, bytes: Uint8Array) => Promise<void>,
): Promise<RemoteProgram> {
  const params = { arguments: words, root };
  return follow(session, await session.call("transfer_start", params), sink);
}

function follow(
  session: AgentSession,
  answer: unknown,
  sink: (stream: Stream, bytes: Uint8Array) => Promise<void>,
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
    session.listen(program, undefined);
    input.close();
    reject(error);
    void notify("program_signal", { signal: "SIGKILL" }).catch(() => {});
  };
  session.listen(program, async (method, params, payload) => {
    if (method === "program_output" && payload) {
      const stream = params.stream === "stderr" ? "stderr" : "stdout";
      await sink(stream, payload).catch(broken);
    } else if (method === "program_input_taken") {
      input.taken(Number(params.taken));
    } else if (method === "program_exit") {
      session.listen(program, undefined);
      input.close();
      resolve(exitOf(params));
    } else if (method === "session_end") {
      input.close();
      reject(session.ended);
    }
  });
  if (session.ended) reject(session.ended);
  const notify = (method: string, params: object, payload?: Uint8Array) =>
    session.notify(method, { program, ...params }, payload);
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += LONGEST_PAYLOAD) {
        const part = bytes.subarray(at, at + LONGEST_PAYLOAD);
        if (!await input.take(part.length)) return;
        await notify("program_input", { bytes: part.length }, part);
      }
    },
    endInput: () => notify("program_input_end", {}),
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
