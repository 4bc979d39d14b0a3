/** The keys that leave a VM that hangs: Enter, `~`, `.`, as ssh(1) has them. */

const TILDE = 0x7e;
const DOT = 0x2e;

/** Watches the keys that are typed. */
export class Leaving {
  #line = true;
  #tilde = false;

  /** The keys to hand on, and whether to leave after them. */
  push(bytes: Uint8Array): { keys: Uint8Array; leaves: boolean } {
    const keys: number[] = [];
    for (const key of bytes) {
      if (this.#tilde) {
        this.#tilde = false;
        if (key === DOT) return { keys: new Uint8Array(keys), leaves: true };
        // Two of them are one that is meant for the VM.
        keys.push(TILDE);
        if (key === TILDE) continue;
      } else if (this.#line && key === TILDE) {
        this.#tilde = true;
        this.#line = false;
        continue;
      }
      keys.push(key);
      this.#line = key === 13 || key === 10;
    }
    return { keys: new Uint8Array(keys), leaves: false };
  }
}
