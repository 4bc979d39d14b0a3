/** What a guest says, in lines that are handed on as soon as they are whole. */

import { plainText } from "../names/plain_text.ts";

/** Characters; a longer line goes on in the next one. */
const LONGEST = 64 * 1024;

/** Cuts a stream of UTF-8. Lines of a guest never reach a terminal as they are. */
export class Lines {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #kept = "";

  constructor(private readonly take: (lines: string[]) => Promise<void>) {}

  /** The next bytes; waits until the lines in them are taken. */
  async push(bytes: Uint8Array): Promise<void> {
    await this.#hand(this.#decoder.decode(bytes, { stream: true }));
  }

  /** No more comes: what is left is a line as well. */
  async end(): Promise<void> {
    await this.#hand(this.#decoder.decode());
    if (this.#kept !== "") await this.#hand("\n");
  }

  async #hand(text: string) {
    const lines = (this.#kept + text).split("\n").flatMap(cut);
    this.#kept = lines.pop()!;
    if (lines.length > 0) await this.take(lines.map(shown));
  }
}

function cut(line: string): string[] {
  const parts = [];
  for (; line.length > LONGEST; line = line.slice(LONGEST)) {
    parts.push(line.slice(0, LONGEST));
  }
  return [...parts, line];
}

/** Tabs are kept; some programs end a line in a carriage return as well. */
function shown(line: string): string {
  const words = line.replace(/\r$/, "").split("\t");
  return words.map((word) => plainText(word)).join("\t");
}
