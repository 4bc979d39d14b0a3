/** So many requests a second; more of them wait in the port. */

import type { Frame } from "./frame.ts";

export interface Clock {
  /** Milliseconds. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  pause: (wait) => new Promise((done) => setTimeout(done, wait)),
};

export class Rate {
  #left: number;
  #since: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock = CLOCK,
  ) {
    this.#left = perSecond;
    this.#since = clock.now();
  }

  /** Wait until a frame may be taken. What names no method is free. */
  async take(frame: Frame): Promise<void> {
    const requests = "message" in frame ? count(frame.message) : 0;
    if (requests === 0) return;
    const now = this.clock.now();
    const gained = (now - this.#since) / 1000 * this.perSecond;
    this.#left = Math.min(this.perSecond, this.#left + gained) - requests;
    this.#since = now;
    if (this.#left >= 0) return;
    await this.clock.pause(-this.#left / this.perSecond * 1000);
  }
}

/** How many requests there are in a message: a batch has several. */
function count(message: unknown): number {
  if (Array.isArray(message)) return message.filter(asks).length;
  return asks(message) ? 1 : 0;
}

/** What a running program is told is not counted: its input comes in a stream. */
const FREE = new Set([
  "program_input",
  "program_input_end",
  "program_signal",
  "program_resize",
]);

/** One that has no answer has work of its own all the same. */
function asks(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { method } = message as Record<string, unknown>;
  return "id" in message || (typeof method === "string" && !FREE.has(method));
}
