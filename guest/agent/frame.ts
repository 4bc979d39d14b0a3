/**
 * Frames on a stream of bytes that has no boundaries of its own, as a
 * virtio-serial port is: one line of JSON each, followed by as many raw bytes
 * as the message announces. Used by both ends.
 */

/** Longest line that is sent, in bytes: what a guest is let remember. */
export const LONGEST_LINE = 64 * 1024;

/** Longest line of an answer, in bytes: a file of 10 MiB in base64 fits. */
export const LONGEST_ANSWER = 16 * 1024 * 1024;

/** Most raw bytes that follow one line. */
export const LONGEST_PAYLOAD = 64 * 1024;

export type Frame =
  | { message: unknown; payload?: Uint8Array<ArrayBuffer> }
  /** Bytes that are no frame: a line that is too long, or is not JSON. */
  | { broken: "too long" | "not JSON" };

const NEWLINE = 10;
const EMPTY: Uint8Array = new Uint8Array();
const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** How many raw bytes follow a message: those of a program, and no others. */
function ofPrograms(message: unknown): number {
  const { method, params } = (message ?? {}) as Record<string, unknown>;
  if (method !== "program_input" && method !== "program_output") return 0;
  const { bytes } = (params ?? {}) as Record<string, unknown>;
  return Number.isInteger(bytes) ? bytes as number : 0;
}

/** Cuts what arrives into frames. It never holds more than one of them. */
export class FrameReader {
  /** The beginning of a line; one piece, however small those that came. */
  #begun = EMPTY;
  #held = 0;
  #skipping = false;
  #waiting?: { message: unknown; payload: Uint8Array<ArrayBuffer> };
  #filled = 0;

  /**
   * @param longest bytes of a line, without its end.
   * @param announced how many raw bytes follow a message.
   */
  constructor(
    private readonly longest = LONGEST_LINE,
    private readonly announced = ofPrograms,
  ) {}

  /** The frames that these bytes complete. */
  *push(bytes: Uint8Array): Generator<Frame> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#waiting) {
        rest = this.#fill(this.#waiting, rest);
        if (this.#filled < this.#waiting.payload.length) return;
        yield this.#waiting;
        this.#waiting = undefined;
        continue;
      }
      const end = rest.indexOf(NEWLINE);
      const part = end < 0 ? rest : rest.subarray(0, end);
      rest = end < 0 ? EMPTY : rest.subarray(end + 1);
      const frame = this.#line(part, end >= 0);
      if (frame) yield frame;
    }
  }

  /** Forget what is half there: its sender has gone. */
  reset() {
    this.#take();
    this.#skipping = false;
    this.#waiting = undefined;
  }

  #fill({ payload }: { payload: Uint8Array }, rest: Uint8Array): Uint8Array {
    const part = rest.subarray(0, payload.length - this.#filled);
    payload.set(part, this.#filled);
    this.#filled += part.length;
    return rest.subarray(part.length);
  }

  #line(part: Uint8Array, ended: boolean): Frame | undefined {
    const tooLong = this.#held + part.length > this.longest;
    if (!tooLong && !this.#skipping) {
      if (ended && this.#held === 0) return this.#parse(part);
      this.#keep(part);
      return ended ? this.#parse(this.#take()) : undefined;
    }
    const first = !this.#skipping;
    this.#take();
    this.#skipping = !ended;
    return first ? { broken: "too long" } : undefined;
  }

  /** Copied: the bytes belong to whoever reads the stream next. */
  #keep(part: Uint8Array) {
    const needed = this.#held + part.length;
    if (needed > this.#begun.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#begun.length));
      grown.set(this.#begun.subarray(0, this.#held));
      this.#begun = grown;
    }
    this.#begun.set(part, this.#held);
    this.#held = needed;
  }

  #take(): Uint8Array {
    const line = this.#begun.subarray(0, this.#held);
    this.#begun = EMPTY;
    this.#held = 0;
    return line;
  }

  #parse(line: Uint8Array): Frame | undefined {
    if (line.every((byte) => byte === 32 || byte === 9 || byte === 13)) return;
    let message;
    try {
      message = JSON.parse(decoder.decode(line));
    } catch {
      return { broken: "not JSON" };
    }
    const bytes = this.announced(message);
    if (bytes <= 0) return { message };
    if (bytes > LONGEST_PAYLOAD) return { broken: "too long" };
    this.#waiting = { message, payload: new Uint8Array(bytes) };
    this.#filled = 0;
  }
}

/** A message as it is sent. */
export function encode(
  message: unknown,
  payload: Uint8Array = EMPTY,
): Uint8Array<ArrayBuffer> {
  return joined([encoder.encode(`${JSON.stringify(message)}\n`), payload]);
}

/** Bytes one after another. */
export function joined(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
