/**
 * The text in what a terminal is sent: without escape sequences, carriage
 * returns and other control characters. ECMA-48, and XTerm Control Sequences.
 */

// deno-lint-ignore-file no-control-regex

const SEQUENCE = [
  "\\x1b\\[[0-?]*[ -/]*[@-~]", // CSI
  "\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)", // OSC
  "\\x1b[PX^_][^\\x1b]*\\x1b\\\\", // DCS, SOS, PM, APC
  "\\x1b[ -/]+[0-~]", // charset and the like
  "\\x1b[0-OQ-WYZ\\\\`-~]", // two characters
].join("|");
const SEQUENCES = new RegExp(SEQUENCE, "g");
const HERE = new RegExp(SEQUENCE, "y");

/** A sequence that the next piece may go on with. */
const BEGUN =
  /^\x1b(?:|\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]+)$/;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** The longest sequence that is waited for; more is text after all. */
const LONGEST = 4096;

/** Strips a stream; a sequence may be cut anywhere between two pieces. */
export class Stripper {
  #kept = "";

  /** The text in the next piece. */
  push(piece: string): string {
    const all = this.#kept + piece;
    const cut = unfinished(all);
    this.#kept = all.slice(cut);
    return all.slice(0, cut).replace(SEQUENCES, "").replace(CONTROLS, "");
  }
}

/** Where a sequence begins that does not end in the text; else its length. */
function unfinished(text: string): number {
  let at = text.indexOf("\x1b");
  while (at >= 0) {
    HERE.lastIndex = at;
    if (HERE.test(text)) {
      at = text.indexOf("\x1b", HERE.lastIndex);
    } else if (text.length - at <= LONGEST && BEGUN.test(text.slice(at))) {
      return at;
    } else {
      at = text.indexOf("\x1b", at + 1);
    }
  }
  return text.length;
}
