/** Programs that run in the guest while the host listens and talks to them. */

import { exitOf, spawn } from "./child.ts";
import { openTerminal, resizeTerminal, signalGroup, writeTo } from "./libc.ts";
import { follow, pump } from "./output.ts";
import { endSession } from "./process_session.ts";
import type { Exit, Stream, TerminalSize } from "./protocol.ts";
import { environmentOf, type User } from "./user.ts";

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
export type Sink = (
  stream: Stream,
  bytes: Uint8Array<ArrayBuffer>,
) => Promise<void>;

export interface Program {
  /** Hand on input; done when the program has taken it. */
  input(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  endInput(): Promise<void>;
  /** To its whole process group. */
  signal(number: number): void;
  /** Nobody wants it any more, nor what it has started in its session. */
  end(): void;
  resize(size: TerminalSize): void;
  /** When it has ended and said all. */
  exit: Promise<Exit>;
}

const PIPED = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
const NONE = { stdin: "null", stdout: "null", stderr: "null" } as const;

const ON_TERMINAL = new URL("./on-terminal", import.meta.url).pathname;

/**
 * @param over when nobody wants it any more: its session is killed then.
 * @throws {RpcError} `notFound`, `permission`; the reason of `over`.
 */
export function startProgram(
  spec: ProgramSpec,
  sink: Sink,
  over: AbortSignal,
): Program {
  const { user, environment, terminal } = spec;
  const ready = {
    ...spec,
    environment: { ...environmentOf(user), ...environment },
  };
  over.throwIfAborted();
  const program = terminal
    ? onTerminal(ready, terminal, sink)
    : onPipes(ready, sink);
  return endWith(over, program);
}

/** Kill it when nobody wants it any more. */
export function endWith(over: AbortSignal, program: Program): Program {
  const end = () => program.end();
  over.addEventListener("abort", end, { once: true });
  void program.exit.then(() => over.removeEventListener("abort", end));
  return program;
}

function onPipes(spec: ProgramSpec, sink: Sink): Program {
  const child = spawn(spec, [], PIPED);
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
    end: () => endSession(child.pid),
    resize() {},
    exit: child.status.then(async (status) => {
      await said;
      await stdin.abort().catch(() => {});
      return exitOf(status);
    }),
  };
}

function onTerminal(
  spec: ProgramSpec,
  size: TerminalSize,
  sink: Sink,
): Program {
  const { master, slave } = openTerminal();
  resizeTerminal(master, size.rows, size.columns);
  let child: Deno.ChildProcess;
  try {
    Deno.chownSync(slave, spec.user.uid, null);
    child = spawn(spec, [ON_TERMINAL, slave], NONE);
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
    end: () => endSession(child.pid),
    resize: ({ rows, columns }) => resizeTerminal(master, rows, columns),
    exit: child.status.then(async (status) => {
      await said;
      master[Symbol.dispose]();
      return exitOf(status);
    }),
  };
}
