/** Whether a host is at the other end of the port, and since when none is. */

/** Where no host is there a read ends sooner, in milliseconds. */
const AT_ONCE = 500;

/** Told of every read: bytes come from a host, and a read that waits has one. */
export class Presence {
  /** Infinite where none goes on. */
  #began = Infinity;
  #heard = false;
  #gone: number;

  constructor(private readonly now = () => performance.now()) {
    this.#gone = now();
  }

  /** A read begins. */
  reading() {
    this.#began = this.now();
  }

  /**
   * It is over, with so many bytes.
   *
   * @returns true where a host was there until now.
   */
  read(bytes: number): boolean {
    const left = bytes === 0 && (this.#heard || this.#waits());
    this.#began = Infinity;
    this.#heard = bytes > 0;
    if (left) this.#gone = this.now();
    return left;
  }

  /** For how long nobody has been there, in milliseconds. */
  get absent(): number {
    return this.#heard || this.#waits() ? 0 : this.now() - this.#gone;
  }

  #waits(): boolean {
    return this.now() - this.#began > AT_ONCE;
  }
}
