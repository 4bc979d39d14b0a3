/** The programs of one host, which it names by numbers. */

import { giveBack } from "./frame.ts";
import { CODE, type Params as Given, RpcError } from "./json_rpc.ts";
import { log } from "./log.ts";
import { Params } from "./params.ts";
import {
  endWith,
  type Program,
  type ProgramSpec,
  type Sink,
  startProgram,
} from "./program.ts";
import { INPUT_WINDOW, type TerminalSize } from "./protocol.ts";
import { SIGKILL, signalNumber } from "./signal.ts";
import type { Transfer } from "./transfer.ts";
import { startTransfer } from "./transfer_program.ts";

/** Tells the host; done when that is out. */
export type Notify = (
  method: string,
  params: object,
  payload?: Uint8Array<ArrayBuffer>,
) => Promise<void>;

interface Running {
  program: Program;
  /** Input is handed on in its order. */
  input: Promise<void>;
  waiting: number;
  /** What it has taken, and the host has not heard of. */
  taken: number;
}

/** Bytes taken, of which a host that has more to send must hear. */
const NEWS = INPUT_WINDOW / 4;

export class Programs {
  #running = new Map<number, Running>();
  #next = 1;

  /** @param over when the host leaves: all of them end then. */
  constructor(
    private readonly notify: Notify,
    private readonly over: AbortSignal,
  ) {}

  /** How many run. */
  get size(): number {
    return this.#running.size;
  }

  start(spec: ProgramSpec) {
    const begin = (sink: Sink) => startProgram(spec, sink, this.over);
    return this.#begin(`${spec.argv[0]} as ${spec.user.name}`, begin);
  }

  transfer(transfer: Transfer) {
    const begin = (sink: Sink) =>
      endWith(this.over, startTransfer(transfer, sink));
    return this.#begin(`${transfer.verb} as ${transfer.user.uid}`, begin);
  }

  /** At once: nothing is waited for until it can be killed. */
  #begin(what: string, begin: (sink: Sink) => Program) {
    this.over.throwIfAborted();
    const number = this.#next++;
    // Nothing it says goes out before the host knows its number.
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const program = begin(async (stream, bytes) => {
      await told;
      const of = { program: number, stream, bytes: bytes.length };
      await this.notify("program_output", of, bytes);
    });
    log("info", `program ${number}: ${what}`);
    const input = Promise.resolve();
    this.#running.set(number, { program, input, waiting: 0, taken: 0 });
    program.exit.then(async (exit) => {
      await told;
      this.#running.delete(number);
      log("info", `program ${number}: exit code ${exit.exit_code}`);
      await this.notify("program_exit", { program: number, ...exit });
    });
    setTimeout(tell);
    return { program: number, input_window: INPUT_WINDOW };
  }

  input(given: Given, bytes: Uint8Array<ArrayBuffer>) {
    const { number, running } = this.#find(given);
    if (!running) return;
    const { length } = bytes;
    running.waiting += length;
    if (running.waiting > INPUT_WINDOW) {
      running.program.end();
      throw new RpcError(CODE.params, "more input than the program takes");
    }
    running.input = running.input.then(async () => {
      await running.program.input(bytes);
      giveBack(bytes);
      running.waiting -= length;
      running.taken += length;
      if (running.waiting > 0 && running.taken < NEWS) return;
      const { taken } = running;
      running.taken = 0;
      await this.notify("program_input_taken", { program: number, taken });
    });
  }

  endInput(given: Given) {
    const { running } = this.#find(given);
    if (!running) return;
    running.input = running.input.then(() => running.program.endInput());
  }

  signal(given: Given) {
    const { running } = this.#find(given);
    const number = signalNumber((given as Record<string, unknown>).signal);
    // A shell's jobs have groups of their own.
    if (number === SIGKILL) running?.program.end();
    else running?.program.signal(number);
  }

  resize(given: Given) {
    const { running } = this.#find(given);
    running?.program.resize(terminalSize(new Params(given, [])));
  }

  /** It may have ended while the host was speaking. */
  #find(given: Given) {
    const number = new Params(given, []).number("program");
    return { number, running: this.#running.get(number) };
  }
}

/** Of a terminal, within reason. @throws {RpcError} `params` */
export function terminalSize(params: Params): TerminalSize {
  const most = 10_000;
  const fit = (n: number) => Math.max(1, Math.min(most, Math.floor(n)));
  return {
    rows: fit(params.number("rows", 24)),
    columns: fit(params.number("columns", 80)),
  };
}
