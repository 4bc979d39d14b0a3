/**
 * One host at the other end of the port: its requests in flight and the
 * programs it has started. Both end with it.
 */

import { encode, type Frame } from "./frame.ts";
import {
  CODE,
  failed,
  type Params as Given,
  respond,
  RpcError,
} from "./json_rpc.ts";
import { callMethod, type Guest, programOf, transferOf } from "./method.ts";
import { Params } from "./params.ts";
import { type Program, type ProgramSpec, startProgram } from "./program.ts";
import {
  INPUT_WINDOW,
  PROTOCOL_VERSION,
  type TerminalSize,
} from "./protocol.ts";
import { signalNumber } from "./signal.ts";

/** Puts bytes on the port; done when they are out. */
export type Write = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

interface Running {
  program: Program;
  /** Input is handed on in its order. */
  input: Promise<void>;
  waiting: number;
}

const SIGKILL = 9;

export class Session {
  #programs = new Map<number, Running>();
  #next = 1;
  #inFlight = 0;
  #ended = false;

  constructor(
    private readonly guest: Guest,
    private readonly write: Write,
  ) {}

  /** True while something runs that the host waits for. */
  get busy(): boolean {
    return this.#programs.size > 0 || this.#inFlight > 0;
  }

  /** Take a frame. Never fails: whatever it is, the host is told. */
  async receive(frame: Frame): Promise<void> {
    if ("broken" in frame) {
      const [code, message] = frame.broken === "not JSON"
        ? [CODE.parse, "parse error"]
        : [CODE.request, "message too long"];
      return await this.#send(failed(null, code, message));
    }
    const answer = await respond(
      frame.message,
      (method, params) => this.#call(method, params, frame.payload),
    );
    if (answer) await this.#send(answer);
  }

  /** The host has gone: whatever it started goes too. */
  end() {
    this.#ended = true;
    for (const { program } of this.#programs.values()) program.signal(SIGKILL);
    this.#programs.clear();
  }

  async #send(message: unknown, payload?: Uint8Array) {
    if (!this.#ended) await this.write(encode(message, payload));
  }

  async #call(method: string, given: Given, payload?: Uint8Array<ArrayBuffer>) {
    switch (method) {
      case "program_input":
        return this.#input(given, payload ?? new Uint8Array());
      case "program_input_end":
        return this.#endInput(given);
      case "program_signal":
        return this.#signal(given);
      case "program_resize":
        return this.#resize(given);
      case "session_start":
        return this.#start();
    }
    if (this.#inFlight >= this.guest.policy.max_concurrent_requests) {
      throw new RpcError(CODE.command, "too many requests at once");
    }
    this.#inFlight++;
    try {
      if (method === "program_start") return await this.#startProgram(given);
      if (method === "transfer_start") {
        return await this.#run(await transferOf(new Params(given, [])));
      }
      return await callMethod(method, given, this.guest);
    } finally {
      this.#inFlight--;
    }
  }

  /** A host that starts anew on a port has forgotten what ran before. */
  #start() {
    for (const { program } of this.#programs.values()) program.signal(SIGKILL);
    this.#programs.clear();
    const { version, policy } = this.guest;
    return { version, protocol_version: PROTOCOL_VERSION, policy };
  }

  async #startProgram(given: Given) {
    const params = new Params(given, []);
    const terminal = params.inner("terminal");
    const spec = await programOf(params, this.guest, terminal !== undefined);
    if (terminal) spec.terminal = size(terminal);
    return await this.#run(spec);
  }

  async #run(spec: ProgramSpec) {
    const number = this.#next++;
    // Nothing it says goes out before the host knows its number.
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const program = await startProgram(spec, async (stream, bytes) => {
      await told;
      const told_of = { program: number, stream, bytes: bytes.length };
      await this.#notify("program_output", told_of, bytes);
    });
    this.#programs.set(number, {
      program,
      input: Promise.resolve(),
      waiting: 0,
    });
    program.exit.then(async (exit) => {
      await told;
      this.#programs.delete(number);
      await this.#notify("program_exit", { program: number, ...exit });
    });
    setTimeout(tell);
    return { program: number, input_window: INPUT_WINDOW };
  }

  #input(given: Given, bytes: Uint8Array<ArrayBuffer>) {
    const { number, running } = this.#find(given);
    if (!running) return;
    running.waiting += bytes.length;
    if (running.waiting > INPUT_WINDOW) {
      running.program.signal(SIGKILL);
      throw new RpcError(CODE.params, "more input than the program takes");
    }
    running.input = running.input.then(async () => {
      await running.program.input(bytes);
      running.waiting -= bytes.length;
      const taken = { program: number, taken: bytes.length };
      await this.#notify("program_input_taken", taken);
    });
  }

  #endInput(given: Given) {
    const { running } = this.#find(given);
    if (!running) return;
    running.input = running.input.then(() => running.program.endInput());
  }

  #signal(given: Given) {
    const { running } = this.#find(given);
    const number = signalNumber((given as Record<string, unknown>).signal);
    running?.program.signal(number);
  }

  #resize(given: Given) {
    const { running } = this.#find(given);
    running?.program.resize(size(new Params(given, [])));
  }

  /** It may have ended while the host was speaking. */
  #find(given: Given) {
    const number = new Params(given, []).number("program");
    return { number, running: this.#programs.get(number) };
  }

  async #notify(method: string, params: unknown, payload?: Uint8Array) {
    await this.#send({ jsonrpc: "2.0", method, params }, payload);
  }
}

function size(params: Params): TerminalSize {
  const most = 10_000;
  const within = (n: number) => Math.max(1, Math.min(most, Math.floor(n)));
  return {
    rows: within(params.number("rows", 24)),
    columns: within(params.number("columns", 80)),
  };
}
