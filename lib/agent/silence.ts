/** How long a guest that runs a program may say nothing. */

/** How often it is asked whether it is still there, in milliseconds. */
export const LOOK = 5000;

/** How long it may stay silent then. */
export const SILENCE = 45_000;

/** Whether a guest has been silent for too long, by looking every now and then. */
export class Silence {
  /** When something came from it; infinite while that is being taken. */
  #heard = Infinity;
  #looked = 0;

  readonly #now: () => number;
  readonly #limit: number;

  constructor(
    { now = () => performance.now(), limit = SILENCE }: {
      now?: () => number;
      /** Milliseconds. */
      limit?: number;
    } = {},
  ) {
    this.#now = now;
    this.#limit = limit;
  }

  /** It is looked at from here on. */
  begin() {
    this.#heard = this.#looked = this.#now();
  }

  heard() {
    this.#heard = this.#now();
  }

  /** What came is being taken: it is not the guest that takes its time. */
  taking() {
    this.#heard = Infinity;
  }

  /** Look. @returns true where it is over. */
  look(): boolean {
    const now = this.#now();
    // Whoever comes late was stopped (Ctrl-Z), and has not read what had come.
    if (now - this.#looked > 2 * LOOK) this.#heard = Math.max(this.#heard, now);
    this.#looked = now;
    return now - this.#heard > this.#limit;
  }
}
