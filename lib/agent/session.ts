/**
 * JSON-RPC 2.0 with the agent of a guest, the asking end. The guest is not
 * trusted: what it sends is bounded, checked, and never waited for without end.
 */

import {
  encode,
  FrameReader,
  joined,
  LONGEST_ANSWER,
  LONGEST_LINE,
  LONGEST_PAYLOAD,
} from "../../guest/agent/frame.ts";
import { Failure } from "../command/failure.ts";
import { inTime } from "../command/in_time.ts";
import { plainText } from "../names/plain_text.ts";
import { answers } from "./question.ts";
import { longestOf, requestLine } from "./request.ts";
import { LOOK, SILENCE, Silence } from "./silence.ts";
import { Writer } from "./writer.ts";

const NEWLINE = 10;

/** What the guest answered where it refused; the message is its own. */
export class AgentError extends Failure {
  constructor(readonly code: number, words: string) {
    super("failed", "the agent in the VM refuses", words);
    this.message = words;
  }
}

/** Where bytes come from and go to: a unix socket. */
export interface Wire {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
}

/** What the guest says unasked about programs it runs. */
export type Listener = (
  method: string,
  params: Record<string, unknown>,
  payload: Uint8Array | undefined,
) => Promise<void> | void;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A conversation on one port, until it is closed or the guest breaks it. */
export class AgentSession {
  #reader = new FrameReader(LONGEST_ANSWER);
  #writer: Writer;
  #waiting = new Map<string, Waiting>();
  #raw?: Waiting & { ids: ReadonlySet<unknown> };
  #listeners = new Map<number, Listener>();
  #ended?: Error;
  /** Before the handshake whatever comes was meant for somebody else. */
  #met = false;
  #longest = LONGEST_LINE;
  #resources: Disposable[] = [];
  #watch?: ReturnType<typeof setInterval>;
  #silence = new Silence();

  constructor(private readonly vm: string, wire: Wire, ...held: Disposable[]) {
    this.#writer = new Writer(wire.writable, () => this.#gone());
    this.#resources = held;
    void this.#listen(wire.readable.getReader());
  }

  /**
   * Begin: whatever is on its way from before is skipped, by an id that only
   * this handshake has.
   *
   * @param method what is asked first; one that needs no session can be.
   * @returns undefined where nothing answers in that time.
   */
  async meet(
    milliseconds: number,
    method = "session_start",
    params: object = {},
  ): Promise<unknown> {
    const end = performance.now() + milliseconds;
    const first = this.#tries++ === 0;
    if (!first && !await inTime(this.#endHalves(), milliseconds)) return;
    const left = Math.max(0, end - performance.now());
    try {
      // A line that somebody left half said ends here, without a turn for it.
      const before = first ? [NEWLINE] : [];
      const said = await this.call(method, params, left / 1000, before);
      this.#longest = longestOf(said);
      return said;
    } catch (error) {
      if (error instanceof Failure && error.exit === "timeout") return;
      throw error;
    }
  }

  /**
   * A payload that somebody left half said ends, too. While the guest has not
   * read this, another would only stand behind it.
   */
  #endHalves(): Promise<void> {
    const lines = new Uint8Array(LONGEST_PAYLOAD).fill(NEWLINE);
    return this.#ending ??= this.#writer.write(lines)
      .finally(() => this.#ending = undefined);
  }
  #tries = 0;
  #ending?: Promise<void>;

  /**
   * Ask.
   *
   * @param before bytes that go in front of it.
   * @returns the result; it is the guest's word and nothing more.
   * @throws {AgentError} what the guest refuses with, {Failure} `timeout`;
   * `usage` where it is longer than the guest takes.
   */
  async call(
    method: string,
    params: object = {},
    seconds = 30,
    before: readonly number[] = [],
  ): Promise<unknown> {
    const id = crypto.randomUUID();
    const request = { id, method, params };
    const line = requestLine(this.vm, request, this.#longest);
    const bytes = new Uint8Array([...before, ...line]);
    return await this.#ask(bytes, seconds, (waiting) => {
      this.#waiting.set(id, waiting);
      return () => this.#waiting.delete(id);
    });
  }

  /**
   * Send a line as somebody has written it, byte for byte, one at a time.
   *
   * @param ids what its answer is for: ids, or null; undefined where none
   * is due.
   * @returns that answer, an object or an array.
   */
  async raw(
    line: Uint8Array,
    ids: ReadonlySet<unknown> | undefined,
    seconds: number,
  ): Promise<unknown> {
    const bytes = joined([line, new Uint8Array([NEWLINE])]);
    if (ids) {
      return await this.#ask(bytes, seconds, (waiting) => {
        this.#raw = { ...waiting, ids };
        return () => this.#raw = undefined;
      });
    }
    if (this.#ended) throw this.#ended;
    if (await inTime(this.#writer.write(bytes), seconds * 1000)) return;
    throw this.failure("timeout", `it did not read within ${seconds} s`);
  }

  /** @param hold keeps who waits; what it hands back lets go of them. */
  async #ask(
    bytes: Uint8Array,
    seconds: number,
    hold: (waiting: Waiting) => () => void,
  ): Promise<unknown> {
    if (this.#ended) throw this.#ended;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      const why = `it did not answer within ${seconds} s`;
      reject(this.failure("timeout", why));
    }, seconds * 1000);
    const letGo = hold({ resolve, reject });
    try {
      await Promise.race([this.#writer.write(bytes), promise]);
      return await promise;
    } finally {
      clearTimeout(timer);
      letGo();
    }
  }

  /** Tell; no answer comes. */
  async notify(method: string, params: object, payload?: Uint8Array) {
    if (this.#ended) throw this.#ended;
    await this.#writer.write(
      encode({ jsonrpc: "2.0", method, params }, payload),
    );
  }

  /** Hear what is said of one program, until the listener is removed. */
  listen(program: number, listener: Listener | undefined) {
    if (listener) this.#listeners.set(program, listener);
    else this.#listeners.delete(program);
    clearInterval(this.#watch);
    if (this.#listeners.size === 0) return;
    this.#silence.begin();
    this.#watch = setInterval(() => this.#look(), LOOK);
  }

  /** A port stays open when the agent dies: only silence tells. */
  #look() {
    if (this.#silence.look()) {
      const why = `nothing was heard for ${SILENCE / 1000} s`;
      return this.#end(this.failure("timeout", why));
    }
    this.call("ping", {}, SILENCE / 1000).catch(() => {});
  }

  /** Longest line that the guest takes, in bytes. */
  get longest(): number {
    return this.#longest;
  }

  /** When the guest has broken off. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end(this.failure("failed", "it was left"));
    return Promise.resolve();
  }

  async #listen(from: ReadableStreamDefaultReader<Uint8Array>) {
    try {
      for (let next; !(next = await from.read()).done;) {
        this.#silence.taking();
        for (const frame of this.#reader.push(next.value)) {
          if ("message" in frame) await this.#take(frame);
          else if (this.#met) {
            const why = `it sent a line that is ${frame.broken}`;
            return this.#end(this.failure("failed", why));
          }
        }
        this.#silence.heard();
      }
      this.#end(this.#gone());
    } catch {
      this.#end(this.#gone());
    }
  }

  async #take(
    { message, payload }: { message: unknown; payload?: Uint8Array },
  ) {
    if (typeof message !== "object" || message === null) return;
    if (this.#raw && answers(message, this.#raw.ids)) {
      return this.#raw.resolve(message);
    }
    const { id, method, params, result, error } = message as Record<
      string,
      unknown
    >;
    if (typeof method === "string") {
      if (!this.#met) return;
      const said = (params ?? {}) as Record<string, unknown>;
      await this.#listeners.get(Number(said.program))?.(method, said, payload);
      return;
    }
    const waiting = typeof id === "string" ? this.#waiting.get(id) : undefined;
    if (!waiting) return;
    this.#met = true;
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(agentError(error));
    // Whoever asked listens before what came right behind is handed out.
    await new Promise((done) => setTimeout(done));
  }

  #end(why: Error) {
    if (this.#ended) return;
    this.#ended = why;
    clearInterval(this.#watch);
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#raw?.reject(why);
    for (const listener of this.#listeners.values()) {
      void listener("session_end", {}, undefined);
    }
    this.#writer.end(why);
    for (const one of this.#resources) one[Symbol.dispose]();
  }

  #gone(): Failure {
    return this.failure("failed", "the VM has ended");
  }

  /** What is wrong with this guest, as the error of whoever waits for it. */
  failure(exit: "failed" | "timeout", why: string): Failure {
    const what = `cannot talk to the agent of "${this.vm}"`;
    return new Failure(exit, what, why, `vms-list ${this.vm}`);
  }
}

function agentError(error: unknown): AgentError {
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  const words = typeof message === "string" ? message.slice(0, 500) : "";
  return new AgentError(
    typeof code === "number" ? code : 0,
    plainText(words) || "no reason given",
  );
}
