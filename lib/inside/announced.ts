/** How much a stream of files and folders is to bring, as it says itself. */

import { FrameReader } from "../../guest/agent/frame.ts";
import { dataOf } from "../../guest/agent/tree.ts";

export class Announced {
  /** Of all its files; undefined as long as it has not said so. */
  bytes?: number;
  #reader?: FrameReader = new FrameReader(undefined, dataOf, true);

  /** What comes of it, from its beginning on; all but that is left alone. */
  push(part: Uint8Array) {
    const [first] = this.#reader?.push(part) ?? [];
    if (!first) return;
    this.#reader = undefined;
    const message = "message" in first ? first.message : undefined;
    const { type, bytes } = (message ?? {}) as Record<string, unknown>;
    const isCount = Number.isSafeInteger(bytes) && bytes as number >= 0;
    if (type === "begin" && isCount) this.bytes = bytes as number;
  }
}
