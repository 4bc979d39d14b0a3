/** Ends what stands still, whatever else its guest goes on to answer. */

import { LOOK, Silence } from "./silence.ts";

/** How long nothing of a copy may move, in milliseconds: a disk may be slow. */
export const STANDSTILL = 600_000;

export class Stall implements Disposable {
  #turn: "guest" | "host" = "guest";
  #silence: Silence;
  #watch: ReturnType<typeof setInterval>;

  /** @param over is called once, when it has been the guest's turn for so long. */
  constructor(over: () => void, limit = STANDSTILL) {
    this.#silence = new Silence({ limit });
    this.#silence.begin();
    this.#watch = setInterval(() => {
      if (!this.#silence.look()) return;
      this[Symbol.dispose]();
      over();
    }, Math.min(LOOK, limit / 3));
  }

  /** The guest has something to do. */
  guest() {
    this.#turn = "guest";
    this.#silence.heard();
  }

  /** It waits for this host. */
  host() {
    this.#turn = "host";
    this.#silence.taking();
  }

  /** The guest has done some of it. */
  moved() {
    if (this.#turn === "guest") this.#silence.heard();
  }

  /** What this host does with something of the guest's is not the guest's time. */
  async aside(work: Promise<unknown>) {
    this.#silence.taking();
    await work;
    this.moved();
  }

  [Symbol.dispose]() {
    clearInterval(this.#watch);
  }
}
