/** Programs that run in the guest while the host listens and talks to them. */

import {
  type Held,
  openTerminal,
  readFrom,
  resizeTerminal,
  signalGroup,
  writeTo,
} from "./libc.ts";
import { told } from "./file.ts";
import type { Exit, Stream, TerminalSize } from "./protocol.ts";
import { asUser, environmentOf, type User } from "./user.ts";

export interface ProgramSpec {
  /** Name or path, and its arguments: no shell reads them. */
  argv: string[];
  user: User;
  environment: Record<string, string>;
  directory?: string;
  /** It is to run on a terminal of this size. */
  terminal?: TerminalSize;
}

/** Takes what a program says; it says nothing more until this is done. */
export type Sink = (stream: Stream, bytes: Uint8Array) => Promise<void>;

export interface Program {
  /** Hand on input; done when the program has taken it. */
  input(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  endInput(): Promise<void>;
  /** To its whole process group. */
  signal(number: number): void;
  resize(size: TerminalSize): void;
  /** When it has ended and said all. */
  exit: Promise<Exit>;
}

/** How long output is waited for when a program has ended: others hold it. */
const LINGER = 500;

/** Longest piece of output handed on at once, in bytes. */
const PIECE = 64 * 1024;

const ON_TERMINAL = new URL("./on-terminal", import.meta.url).pathname;

/** @throws {RpcError} `notFound`, `permission` */
export async function startProgram(
  spec: ProgramSpec,
  sink: Sink,
): Promise<Program> {
  return spec.terminal
    ? await onTerminal(spec, spec.terminal, sink)
    : await onPipes(spec, sink);
}

async function onPipes(spec: ProgramSpec, sink: Sink): Promise<Program> {
  const child = await spawn(spec, [], "piped");
  const stdin = child.stdin.getWriter();
  // A program that does not read its input is not in the wrong.
  stdin.closed.catch(() => {});
  const over = child.status.then(() => {});
  const said = Promise.all([
    pump(child.stdout, over, (bytes) => sink("stdout", bytes)),
    pump(child.stderr, over, (bytes) => sink("stderr", bytes)),
  ]);
  return {
    input: (bytes) => stdin.write(bytes).catch(() => {}),
    endInput: () => stdin.close().catch(() => {}),
    signal: (number) => signalGroup(child.pid, number),
    resize() {},
    exit: child.status.then(async (status) => {
      await said;
      await stdin.abort().catch(() => {});
      return exitOf(status);
    }),
  };
}

async function onTerminal(
  spec: ProgramSpec,
  size: TerminalSize,
  sink: Sink,
): Promise<Program> {
  const { master, slave } = openTerminal();
  resizeTerminal(master, size.rows, size.columns);
  let child: Deno.ChildProcess;
  try {
    await Deno.chown(slave, spec.user.uid, null);
    child = await spawn(spec, [ON_TERMINAL, slave], "null");
  } catch (error) {
    master[Symbol.dispose]();
    throw error;
  }
  const said = follow(master, (bytes) => sink("stdout", bytes));
  return {
    async input(bytes) {
      await writeTo(master, bytes);
    },
    // As if Ctrl-D had been typed.
    async endInput() {
      await writeTo(master, new Uint8Array([4]));
    },
    signal: (number) => signalGroup(child.pid, number),
    resize: ({ rows, columns }) => resizeTerminal(master, rows, columns),
    exit: child.status.then(async (status) => {
      await said;
      master[Symbol.dispose]();
      return exitOf(status);
    }),
  };
}

/** In a session of its own, so that its whole group can be signalled. */
async function spawn(
  { argv, user, environment, directory }: ProgramSpec,
  before: string[],
  pipes: "piped" | "null",
): Promise<Deno.ChildProcess> {
  const [program = "", ...args] = [...before, ...asUser(user), ...argv];
  const command = new Deno.Command(program, {
    args,
    cwd: directory ?? user.home,
    clearEnv: true,
    env: { ...await environmentOf(user), ...environment },
    stdin: pipes,
    stdout: pipes,
    stderr: pipes,
    detached: true,
  });
  try {
    return command.spawn();
  } catch (error) {
    throw told(error, argv[0]!);
  }
}

async function pump(
  from: ReadableStream<Uint8Array>,
  over: Promise<void>,
  take: (bytes: Uint8Array) => Promise<void>,
) {
  const reader = from.getReader();
  const quiet = new Quiet(over, () => void reader.cancel().catch(() => {}));
  while (true) {
    quiet.begin();
    const { done, value } = await reader.read();
    quiet.end();
    if (done) return quiet.stop();
    for (let at = 0; at < value.length; at += PIECE) {
      await take(value.subarray(at, at + PIECE));
    }
  }
}

/** Ends a reading that has waited for a while after the program was over. */
class Quiet {
  #since = Infinity;
  #stopped = false;
  #timer?: ReturnType<typeof setInterval>;

  constructor(over: Promise<void>, end: () => void) {
    over.then(() => {
      if (this.#stopped) return;
      this.#timer = setInterval(() => {
        if (performance.now() - this.#since > LINGER) end();
      }, LINGER / 5);
    });
  }

  begin() {
    this.#since = performance.now();
  }

  end() {
    this.#since = Infinity;
  }

  stop() {
    this.#stopped = true;
    clearInterval(this.#timer);
  }
}

/** A terminal ends with the program that it was made for: the kernel hangs up. */
async function follow(
  master: Held,
  take: (bytes: Uint8Array) => Promise<void>,
) {
  const buffer = new Uint8Array(PIECE);
  for (let n; (n = await readFrom(master, buffer)) > 0;) {
    await take(buffer.slice(0, n));
  }
}

function exitOf({ code, signal }: Deno.CommandStatus): Exit {
  return { exit_code: code, signal };
}
