/** What was found to be sent. */

import { encode, FrameReader } from "./frame.ts";
import type { Entry } from "./tree.ts";

const NEWLINE = 10;

/** Bytes that are made room for at once. */
const CHUNK = 256 * 1024;

/**
 * Entries as they will be sent, outside of the heap: that of an agent is small,
 * and a folder holds any number of files.
 */
export class Found {
  #chunks: Uint8Array[] = [];
  #used = CHUNK;
  #count = 0;
  #bytes = 0;

  /** How many they are. */
  get count(): number {
    return this.#count;
  }

  /** Of all files together. */
  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry) {
    this.#count++;
    if (entry.type === "file") this.#bytes += entry.size;
    const line = encode(entry);
    if (this.#used + line.length > CHUNK) {
      this.#chunks.push(new Uint8Array(Math.max(CHUNK, line.length)));
      this.#used = 0;
    }
    this.#chunks.at(-1)!.set(line, this.#used);
    this.#used += line.length;
  }

  /** In the order in which they were found. */
  *[Symbol.iterator](): Generator<Entry> {
    const reader = new FrameReader(Infinity, () => 0);
    for (const chunk of this.#chunks) {
      // What was left free at its end is no line.
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      for (const frame of reader.push(chunk.subarray(0, end))) {
        if ("message" in frame) yield frame.message as Entry;
      }
    }
  }
}
