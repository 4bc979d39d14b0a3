/**
 * What a guest may do to the terminal of a person: move, colour, erase. Not:
 * set titles and the clipboard, ask the terminal for answers that are then typed
 * at the shell, resize windows, load fonts. XTerm Control Sequences.
 */

const ESC = 0x1b;

/** Final bytes of control sequences that only draw. */
const DRAWS = new Set("@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu");

/** Letters after ESC that only draw: save, restore, keypad, index, reset. */
const SHORT = new Set("78=>DEHM");

/** The longest sequence that is waited for, in bytes. */
const LONGEST = 64;

type State = "text" | "two" | "escape" | "control" | "string" | "charset";

/** In UTF-8 this byte begins the C1 controls, which are escapes as well. */
const C1 = 0xc2;

/** Filters a stream; a sequence may be cut anywhere between two pieces. */
export class SafeScreen {
  #state: State = "text";
  #sequence: number[] = [];

  /** The bytes of the next piece that may be shown. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const out: number[] = [];
    for (const byte of bytes) this.#take(byte, out);
    return new Uint8Array(out);
  }

  #take(byte: number, out: number[]) {
    switch (this.#state) {
      case "text":
        return this.#text(byte, out);
      case "two":
        this.#enter("text");
        if (byte >= 0xa0) out.push(C1, byte);
        else if (byte < 0x80) this.#text(byte, out);
        return;
      case "escape":
        return this.#escape(byte, out);
      case "control":
        return this.#control(byte, out);
      case "charset":
        out.push(...this.#sequence, byte);
        return this.#enter("text");
      case "string":
        return this.#string(byte);
    }
  }

  #text(byte: number, out: number[]) {
    if (byte === ESC) {
      this.#enter("escape");
      this.#sequence = [byte];
    } else if (byte === C1) this.#enter("two");
    else if (byte >= 0x20 && byte !== 0x7f || drawing(byte)) out.push(byte);
  }

  #escape(byte: number, out: number[]) {
    this.#sequence.push(byte);
    const letter = String.fromCharCode(byte);
    if (letter === "[") return this.#enter("control");
    if ("]PX^_".includes(letter)) return this.#enter("string");
    if ("()".includes(letter)) return this.#enter("charset");
    if (SHORT.has(letter)) out.push(...this.#sequence);
    // One sequence broke off and another begins.
    if (byte === ESC) this.#sequence = [byte];
    else this.#enter("text");
  }

  #control(byte: number, out: number[]) {
    this.#sequence.push(byte);
    if (this.#sequence.length > LONGEST) return this.#enter("text");
    if (byte >= 0x20 && byte <= 0x3f) return;
    if (byte >= 0x40 && byte <= 0x7e && this.#draws(byte)) {
      out.push(...this.#sequence);
    }
    this.#enter("text");
    if (byte === ESC) this.#text(byte, out);
  }

  /** A shape of the cursor (`CSI n SP q`) draws as well. */
  #draws(final: number): boolean {
    const middle = String.fromCharCode(...this.#sequence.slice(2, -1));
    if (/^[0-9]* $/.test(middle)) return final === 0x71;
    if (!/^\??[0-9;:]*$/.test(middle)) return false;
    return DRAWS.has(String.fromCharCode(final));
  }

  /** Dropped, to its end: BEL, or ESC and what follows. */
  #string(byte: number) {
    if (byte === 0x07 || byte === 0x18 || byte === 0x1a) this.#enter("text");
    else if (byte === ESC) {
      this.#enter("escape");
      this.#sequence = [byte];
    }
  }

  #enter(state: State) {
    this.#state = state;
  }
}

/** BEL, BS, HT, LF, VT, FF, CR, SO, SI. */
function drawing(byte: number): boolean {
  return byte >= 0x07 && byte <= 0x0f;
}
