/** So many requests a second; more of them wait in the port. */

import type { Frame } from "./frame.ts";

export class Rate {
  #left: number;
  #since = performance.now();

  constructor(private readonly perSecond: number) {
    this.#left = perSecond;
  }

  /** Wait until a frame may be taken. What answers nothing is free. */
  async take(frame: Frame): Promise<void> {
    if (!("message" in frame) || !asks(frame.message)) return;
    const now = performance.now();
    const gained = (now - this.#since) / 1000 * this.perSecond;
    this.#left = Math.min(this.perSecond, this.#left + gained) - 1;
    this.#since = now;
    if (this.#left >= 0) return;
    const wait = -this.#left / this.perSecond * 1000;
    await new Promise((done) => setTimeout(done, wait));
  }
}

function asks(message: unknown): boolean {
  return typeof message === "object" && message !== null &&
    (Array.isArray(message) || "id" in message);
}
