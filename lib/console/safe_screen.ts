/**
 * What a guest may do to the terminal of a person: move, colour, erase. Not:
 * set titles and the clipboard, ask the terminal for answers that are then typed
 * at the shell, resize windows, load fonts. The terminal is one of UTF-8.
 */

import { Characters, UNREADABLE } from "./characters.ts";
import { controlDraws, escapeDraws } from "./drawing.ts";
import { Settings } from "./settings.ts";

const ESC = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;

/** In UTF-8 this byte and the next make a C1 control, which is an escape. */
const C1 = 0xc2;

/** The longest sequence that is shown, in bytes; longer ones are dropped. */
const LONGEST = 256;

type State = "text" | "escape" | "middle" | "control" | "string";

/** Filters a stream; a sequence may be cut anywhere between two pieces. */
export class SafeScreen {
  #state: State = "text";
  /** What stands after ESC. */
  #sequence = "";
  #character = new Characters();
  #settings = new Settings();

  /** The bytes of the next piece that may be shown: whole sequences only. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const out: number[] = [];
    for (const byte of bytes) this.#take(byte, out);
    return new Uint8Array(out);
  }

  /** The end of the stream: what puts the terminal back as it was. */
  end(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.#settings.undo());
  }

  #take(byte: number, out: number[]) {
    switch (this.#state) {
      case "text":
        return this.#text(byte, out);
      case "escape":
        return this.#escape(byte, out);
      case "middle":
      case "control":
        return this.#inside(byte, out);
      case "string":
        return this.#string(byte);
    }
  }

  #text(byte: number, out: number[]) {
    this.#state = "text";
    if (this.#character.open && !this.#character.continues(byte)) {
      this.#character.drop();
      out.push(...UNREADABLE);
    }
    if (byte === ESC) return this.#begin();
    const character = this.#character.push(byte);
    if (character && shown(character)) out.push(...character);
    if (byte === SHIFT_OUT || byte === SHIFT_IN) {
      this.#settings.shifted(byte === SHIFT_OUT);
    }
  }

  #begin() {
    this.#state = "escape";
    this.#sequence = "";
  }

  #escape(byte: number, out: number[]) {
    const letter = String.fromCharCode(byte);
    if (letter === "[") this.#state = "control";
    else if ("]PX^_".includes(letter)) this.#state = "string";
    else if (byte >= 0x20 && byte <= 0x2f) this.#state = "middle";
    else return this.#inside(byte, out);
    this.#sequence = letter;
  }

  /** The bytes of a sequence up to its last. */
  #inside(byte: number, out: number[]) {
    // Broken off: by another one, a control, or by text.
    if (byte < 0x20 || byte > 0x7e) return this.#text(byte, out);
    if (this.#sequence.length < LONGEST) {
      this.#sequence += String.fromCharCode(byte);
    }
    const last = this.#state === "control" ? 0x40 : 0x30;
    if (byte < last) return;
    this.#state = "text";
    if (!this.#draws()) return;
    this.#settings.note(this.#sequence);
    out.push(ESC, ...new TextEncoder().encode(this.#sequence));
  }

  #draws(): boolean {
    const all = this.#sequence;
    if (all.length >= LONGEST) return false;
    return all[0] === "[" ? controlDraws(all.slice(1)) : escapeDraws(all);
  }

  /** Dropped, to its end: BEL, or ESC and what follows. */
  #string(byte: number) {
    if (byte === 0x07 || byte === 0x18 || byte === 0x1a) this.#state = "text";
    else if (byte === ESC) this.#begin();
  }
}

/** Text; of the controls BEL, BS, HT, LF, VT, FF, CR, SO, SI. */
function shown([first, second]: readonly number[]): boolean {
  if (first! < 0x20) return first! >= 0x07 && first! <= 0x0f;
  if (first === C1) return second! >= 0xa0;
  return first !== 0x7f;
}
