/** Plain JSON-RPC with an agent: bytes out, messages in, and nothing more. */

import { assertEquals } from "@std/assert";
import {
  FrameReader,
  LONGEST_ANSWER,
  LONGEST_PAYLOAD,
} from "../guest/agent/frame.ts";
import type { Wire } from "../lib/agent/session.ts";
import { type Exchange, PING } from "./exchanges.ts";

/** Milliseconds until an answer must have come, and until one is tried for. */
const PATIENCE = 60_000;
const AT_ONCE = 3000;

/** Between pieces, so that they are read one by one. */
const PAUSE = 20;

type Message = Record<string, unknown> | unknown[];

const encoder = new TextEncoder();

export class Conversation implements AsyncDisposable {
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #frames = new FrameReader(LONGEST_ANSWER);
  #come: Message[] = [];
  /** Notifications: nobody asked for them. */
  #told: Record<string, unknown>[] = [];

  constructor(wire: Wire) {
    this.#writer = wire.writable.getWriter();
    this.#reader = wire.readable.getReader();
  }

  /**
   * Skip what was meant for others, as docs/agent.md has it: where a newline
   * does not end what somebody left half said, as many as a payload is long do.
   */
  async meet(): Promise<void> {
    await this.send("\n");
    try {
      await this.#settle("session_start", 0, AT_ONCE);
    } catch {
      await this.send("\n".repeat(LONGEST_PAYLOAD));
      await this.#settle("session_start");
    }
  }

  async send(...pieces: (string | Uint8Array)[]) {
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await new Promise((done) => setTimeout(done, PAUSE));
      await this.#writer.write(
        typeof piece === "string" ? encoder.encode(piece) : piece,
      );
    }
  }

  /** What is answered, in any order; that of a batch too. */
  async answers({ sent, answers }: Exchange): Promise<unknown[]> {
    await this.send(...sent);
    return await this.#settle("ping", answers.length);
  }

  /** The first notification that came or comes, of which there may be none. */
  async told(): Promise<Record<string, unknown>> {
    await this.#until(() => this.#told.length > 0, PATIENCE, () => "nothing");
    return this.#told.shift()!;
  }

  /** Ask under an id of its own. @returns what came besides the answer. */
  async #settle(
    method: string,
    expected = 0,
    patience = PATIENCE,
  ): Promise<Message[]> {
    const id = crypto.randomUUID();
    await this.send(`${JSON.stringify({ jsonrpc: "2.0", method, id })}\n`);
    const others: Message[] = [];
    for (let answered = false; !answered || others.length < expected;) {
      const message = await this.#next(others, patience);
      if (!Array.isArray(message) && message.id === id) answered = true;
      else others.push(message);
    }
    return others;
  }

  async #next(others: Message[], patience: number): Promise<Message> {
    const come = () => JSON.stringify(others);
    await this.#until(() => this.#come.length > 0, patience, come);
    return this.#come.shift()!;
  }

  /** Read until there is something. */
  async #until(there: () => boolean, patience: number, come: () => string) {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const words = () => `nothing more came than ${come()}`;
    const timer = setTimeout(() => reject(new Error(words())), patience);
    try {
      while (!there()) {
        // What comes too late for one is there for the next.
        this.#reading ??= this.#reader.read();
        const { value, done } = await Promise.race([this.#reading, late]);
        this.#reading = undefined;
        if (done) throw new Error(words());
        for (const frame of this.#frames.push(value)) this.#take(frame);
      }
    } finally {
      clearTimeout(timer);
    }
  }
  #reading?: Promise<ReadableStreamReadResult<Uint8Array>>;

  #take(frame: object) {
    if (!("message" in frame)) return;
    const message = frame.message as Message;
    const answer = Array.isArray(message) || "id" in message;
    if (answer) this.#come.push(message);
    else this.#told.push(message);
  }

  async [Symbol.asyncDispose]() {
    await this.#writer.close().catch(() => {});
    await this.#reader.cancel().catch(() => {});
  }
}

/** Have it, and demand what it says. */
export async function demandAnswers(
  conversation: Conversation,
  exchange: Exchange,
): Promise<void> {
  const come = await conversation.answers(exchange);
  assertEquals(sorted(come), sorted(exchange.answers), exchange.name);
}

/**
 * Demand what is said to whoever opens the port, and that one may go on with a
 * request: nobody has to begin a session.
 *
 * @param version of the agent.
 * @param pong what it answers to a ping.
 */
export async function demandReady(
  conversation: Conversation,
  version: string,
  pong: unknown = true,
): Promise<void> {
  const params = { version, platform: "linux-x86_64" };
  const ready = { jsonrpc: "2.0", method: "agent_ready", params };
  assertEquals(await conversation.told(), ready);
  const [answer] = await conversation.answers(PING);
  const { result } = answer as { result: { pong: unknown } };
  assertEquals(result.pong, pong);
}

function sorted(messages: unknown[]): unknown[] {
  const order = (one: unknown) => JSON.stringify(one);
  return messages.map((message) =>
    Array.isArray(message) ? sorted(message) : comparable(message)
  ).sort((a, b) => order(a) < order(b) ? -1 : 1);
}

/** Without what nobody can know before: times, and the words of an error. */
function comparable(message: unknown): unknown {
  const { error, result, ...rest } = message as Record<string, unknown>;
  if (error !== undefined && result !== undefined) return message;
  if (error !== undefined) {
    const { code, message: words } = error as Record<string, unknown>;
    const plain = typeof words === "string" && /^[^\n]+$/.test(words);
    return { ...rest, error: plain ? { code } : error };
  }
  if (typeof result !== "object" || result === null) return { ...rest, result };
  const known = { ...result } as Record<string, unknown>;
  for (const name of ["timestamp", "execution_time_ms"]) {
    if (typeof known[name] === "number") known[name] = 0;
  }
  // Of a handshake: the rest is the guest's own.
  const { protocol_version } = known;
  return { ...rest, result: protocol_version ? { protocol_version } : known };
}
