/** One host at the other end of the port, and all that it has begun. */

import { encode, type Frame, LONGEST_ANSWER } from "./frame.ts";
import {
  CODE,
  failed,
  type Id,
  type Params as Given,
  respond,
  type Response,
  RpcError,
} from "./json_rpc.ts";
import { log } from "./log.ts";
import { callMethod, type Guest } from "./method.ts";
import { Params } from "./params.ts";
import type { ProgramSpec } from "./program.ts";
import { type Notify, Programs, terminalSize } from "./programs.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import { programOf, transferOf } from "./spec.ts";

/** Bytes that are quicker copied than written by a call of their own. */
const SMALL = 4096;

/** Puts bytes on the port; done when they are out. */
export type Write = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

/**
 * What a host has begun. It ends when the host leaves, or begins anew: then it
 * has forgotten what was before, and is told no more of that.
 */
interface Stay {
  end: AbortController;
  programs: Programs;
  /** Ids of requests that are not answered yet. */
  ids: Set<Id>;
  requests: number;
}

export class Session {
  #stay: Stay;

  constructor(
    private readonly guest: Guest,
    private readonly write: Write,
  ) {
    this.#stay = this.#begin();
  }

  /** Take a frame. Never fails: whatever it is, the host is told. */
  async receive(frame: Frame): Promise<void> {
    if ("broken" in frame) {
      const [code, message] = frame.broken === "not JSON"
        ? [CODE.parse, "parse error"]
        : [CODE.request, "message too long"];
      return await this.#send(failed(null, code, message), this.#stay.end);
    }
    if (beginsAnew(frame.message)) {
      this.end();
      this.#stay = this.#begin();
    }
    const stay = this.#stay;
    const answer = await respond(
      frame.message,
      (method, params) => this.#call(stay, method, params, frame.payload),
      stay.ids,
    );
    if (answer) await this.#answer(answer, stay.end);
  }

  /** The host has gone: whatever it began goes too. */
  end() {
    this.#stay.end.abort(new RpcError(CODE.command, "the host has left"));
  }

  #begin(): Stay {
    const end = new AbortController();
    const notify: Notify = (method, params, payload) =>
      this.#send({ jsonrpc: "2.0", method, params }, end, payload);
    const programs = new Programs(notify, end.signal);
    return { end, programs, ids: new Set(), requests: 0 };
  }

  async #send(
    message: unknown,
    end: AbortController,
    payload?: Uint8Array<ArrayBuffer>,
  ) {
    if (end.signal.aborted) return;
    if (!payload || payload.length < SMALL) {
      return await this.write(encode(message, payload));
    }
    await Promise.all([this.write(encode(message)), this.write(payload)]);
  }

  /** Text can take six times its length in JSON: what is too long is said. */
  async #answer(answer: Response | Response[], end: AbortController) {
    const short = ({ id }: Response) =>
      failed(id, CODE.command, "the answer is too long");
    const bytes = encoded(answer) ??
      encode(Array.isArray(answer) ? answer.map(short) : short(answer));
    if (!end.signal.aborted) await this.write(bytes);
  }

  async #call(
    stay: Stay,
    method: string,
    given: Given,
    payload?: Uint8Array<ArrayBuffer>,
  ) {
    switch (method) {
      case "program_input":
        return stay.programs.input(given, payload ?? new Uint8Array());
      case "program_input_end":
        return stay.programs.endInput(given);
      case "program_signal":
        return stay.programs.signal(given);
      case "program_resize":
        return stay.programs.resize(given);
      case "session_start":
        return this.#start();
    }
    if (stay.requests >= this.guest.policy.max_concurrent_requests) {
      throw new RpcError(CODE.command, "too many requests at once");
    }
    stay.requests++;
    try {
      const done = await this.#do(stay, method, given);
      log("debug", `${method}: done`);
      return done;
    } catch (error) {
      const { code, message } = error as RpcError;
      const level = code === CODE.permission ? "warn" : "debug";
      log(level, `${method}: ${message}`);
      throw error;
    } finally {
      stay.requests--;
    }
  }

  async #do(stay: Stay, method: string, given: Given): Promise<unknown> {
    if (method === "program_start") {
      this.#demandRoom(stay);
      return stay.programs.start(this.#program(given));
    }
    if (method === "transfer_start") {
      this.#demandRoom(stay);
      const transfer = transferOf(new Params(given, []), this.guest);
      return stay.programs.transfer(transfer);
    }
    const over = stay.end.signal;
    return await callMethod(method, given, this.guest, over);
  }

  /** As many may run as there may be requests. @throws {RpcError} `command` */
  #demandRoom({ programs }: Stay) {
    if (programs.size < this.guest.policy.max_concurrent_requests) return;
    throw new RpcError(CODE.command, "too many programs at once");
  }

  #start() {
    const { version, policy } = this.guest;
    return { version, protocol_version: PROTOCOL_VERSION, policy };
  }

  #program(given: Given): ProgramSpec {
    const params = new Params(given, []);
    const terminal = params.inner("terminal");
    const spec = programOf(params, this.guest, terminal !== undefined);
    if (terminal) spec.terminal = terminalSize(terminal);
    return spec;
  }
}

function beginsAnew(message: unknown): boolean {
  const all = Array.isArray(message) ? message : [message];
  return all.some((one) => one?.method === "session_start");
}

/** Undefined where it is longer than the host reads, or than a string can be. */
function encoded(answer: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = encode(answer);
    return bytes.length <= LONGEST_ANSWER ? bytes : undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
