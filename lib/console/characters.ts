/** Characters of UTF-8, taken byte by byte. RFC 3629; The Unicode Standard, 3.9. */

/** What a terminal shows for bytes that are no character: U+FFFD. */
export const UNREADABLE: readonly number[] = [0xef, 0xbf, 0xbd];

/**
 * One character after the other. None is let through that is longer than it has
 * to be, half, a surrogate, or out of range: a terminal that reads UTF-8 less
 * strictly could find a control in those.
 */
export class Characters {
  #bytes: number[] = [];
  #left = 0;
  #low = 0;
  #high = 0;

  /** True in the middle of a character. */
  get open(): boolean {
    return this.#left > 0;
  }

  /** Whether a byte goes on with the character that is open. */
  continues(byte: number): boolean {
    return this.open && byte >= this.#low && byte <= this.#high;
  }

  /** @returns the bytes of a character that is complete with this one. */
  push(byte: number): readonly number[] | undefined {
    if (!this.open) return this.#begin(byte);
    this.#bytes.push(byte);
    [this.#low, this.#high] = [0x80, 0xbf];
    if (--this.#left === 0) return this.#bytes;
  }

  /** Leave the one that is open. */
  drop() {
    this.#left = 0;
  }

  #begin(byte: number): readonly number[] | undefined {
    if (byte < 0x80) return [byte];
    if (byte < 0xc2 || byte > 0xf4) return UNREADABLE;
    this.#bytes = [byte];
    this.#left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  }
}
