/**
 * Frames on a stream of bytes that has no boundaries of its own, as a
 * virtio-serial port is: one line of JSON each, followed by as many raw bytes
 * as the message announces. Used by both ends.
 */

/** Longest line that is sent to a guest, in bytes, unless its policy has another. */
export const LONGEST_LINE = 64 * 1024;

/** Longest line of an answer, in bytes: a file of 10 MiB in base64 fits. */
export const LONGEST_ANSWER = 16 * 1024 * 1024;

/** Most raw bytes that follow one line: each line has its price. */
export const LONGEST_PAYLOAD = 256 * 1024;

export type Frame =
  | { message: unknown; payload?: Uint8Array<ArrayBuffer> }
  /** Bytes that are no frame: a line that is too long, or is not JSON. */
  | { broken: "too long" | "not JSON" };

const NEWLINE = 10;
type Bytes = Uint8Array<ArrayBuffer>;
const EMPTY: Bytes = new Uint8Array();
const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** How many raw bytes follow a message: those of a program, and no others. */
function ofPrograms(message: unknown): number {
  const { method, params } = (message ?? {}) as Record<string, unknown>;
  if (method !== "program_input" && method !== "program_output") return 0;
  const { bytes } = (params ?? {}) as Record<string, unknown>;
  return Number.isInteger(bytes) ? bytes as number : 0;
}

/** What payloads had that are done with, so many of them at most. */
const spare: ArrayBuffer[] = [];
const MOST_SPARE = 8;

/** What fills no page of memory is cheap. */
const PAGE = 4096;

const newMemory = (bytes: number): Bytes => new Uint8Array(bytes);

/** Never more than it takes, unless it was another's: most are kept for long. */
export function memoryFor(bytes: number): Bytes {
  const used = bytes < PAGE ? undefined : spare.pop();
  const fits = used && used.byteLength >= bytes;
  return fits ? new Uint8Array(used, 0, bytes) : newMemory(bytes);
}

/**
 * Nobody has use for this payload any more. Who says so spares a slow guest new
 * memory for the next, which takes it longer than to fill it.
 */
export function giveBack({ buffer }: Uint8Array<ArrayBuffer>) {
  if (buffer.byteLength < PAGE || spare.length >= MOST_SPARE) return;
  spare.push(buffer);
}

/** A line of nothing but blanks is no message. */
export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** Cuts what arrives into frames. It never holds more than one of them. */
export class FrameReader {
  /** The beginning of a line; one piece, however small those that came. */
  #begun = EMPTY;
  #held = 0;
  #skipping = false;
  /** A message, and how many raw bytes are to follow it. */
  #waiting?: { message: unknown; bytes: number };
  /** Those that came in pieces. */
  #payload: Bytes = EMPTY;
  #filled = 0;

  /**
   * @param longest bytes of a line, without its end.
   * @param announced how many raw bytes follow a message.
   * @param lent raw bytes may be a part of what was pushed: its reader has done
   * with them before it asks for the next frame.
   */
  constructor(
    private readonly longest = LONGEST_LINE,
    private readonly announced = ofPrograms,
    private readonly lent = false,
  ) {}

  /** The frames that these bytes complete. */
  *push(bytes: Uint8Array): Generator<Frame> {
    // Nobody shares what comes by a stream.
    let rest = bytes as Bytes;
    while (rest.length > 0) {
      if (this.#waiting) {
        const { message, bytes } = this.#waiting;
        const [payload, after] = this.#raw(bytes, rest);
        rest = after;
        if (!payload) return;
        this.#waiting = undefined;
        yield { message, payload };
        continue;
      }
      const end = rest.indexOf(NEWLINE);
      const part = end < 0 ? rest : rest.subarray(0, end);
      rest = end < 0 ? EMPTY : rest.subarray(end + 1);
      const frame = this.#line(part, end >= 0);
      if (frame) yield frame;
    }
  }

  /** Bytes that were announced and have not come. */
  get missing(): number {
    return this.#waiting ? this.#waiting.bytes - this.#filled : 0;
  }

  /** Forget what is half there: its sender has gone. */
  reset() {
    this.#take();
    this.#skipping = false;
    this.#waiting = undefined;
    this.#filled = 0;
  }

  /** Raw bytes, once so many have come, and what follows them. */
  #raw(bytes: number, rest: Bytes): [payload: Bytes | undefined, after: Bytes] {
    if (this.lent && this.#filled === 0 && rest.length >= bytes) {
      return [rest.subarray(0, bytes), rest.subarray(bytes)];
    }
    if (this.#filled === 0) this.#payload = memoryFor(bytes);
    const part = rest.subarray(0, bytes - this.#filled);
    this.#payload.set(part, this.#filled);
    this.#filled += part.length;
    const after = rest.subarray(part.length);
    if (this.#filled < bytes) return [undefined, after];
    this.#filled = 0;
    return [this.#payload, after];
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
    if (isBlank(line)) return;
    let message;
    try {
      message = JSON.parse(decoder.decode(line));
    } catch {
      return { broken: "not JSON" };
    }
    const bytes = this.announced(message);
    if (bytes <= 0) return { message };
    if (bytes > LONGEST_PAYLOAD) return { broken: "too long" };
    this.#waiting = { message, bytes };
  }
}

/**
 * A message as it is sent.
 *
 * @param memory where from: that of payloads, for who gives it back.
 */
export function encode(
  message: unknown,
  payload: Uint8Array = EMPTY,
  memory = newMemory,
): Uint8Array<ArrayBuffer> {
  const line = encoder.encode(`${JSON.stringify(message)}\n`);
  return joined([line, payload], memory);
}

/** As few pieces as may be, none of which is longer than a payload. */
export function* gathered(stream: Iterable<Bytes>): Generator<Bytes> {
  let parts: Bytes[] = [];
  let length = 0;
  const all = () => parts.length === 1 ? parts[0]! : joined(parts);
  for (const bytes of stream) {
    if (length > 0 && length + bytes.length > LONGEST_PAYLOAD) {
      yield all();
      [parts, length] = [[], 0];
    }
    parts.push(bytes);
    length += bytes.length;
  }
  if (length > 0) yield all();
}

/** Bytes one after another. */
export function joined(
  parts: readonly Uint8Array[],
  memory = newMemory,
): Uint8Array<ArrayBuffer> {
  const all = memory(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
