/** What programs say, handed on piece by piece. */

import { type Held, readFrom } from "./libc.ts";

/** How long output is waited for when a program has ended: others hold it. */
const LINGER = 500;

/** Longest piece of output handed on at once, in bytes. */
const PIECE = 64 * 1024;

/** Hand on what comes from a pipe, until it ends or all is said. */
export async function pump(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  over: Promise<void>,
  take: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
) {
  const reader = from.getReader();
  const quiet = new Quiet(over, () => void reader.cancel().catch(() => {}));
  while (true) {
    quiet.begin();
    const { done, value } = await reader.read();
    quiet.end();
    if (done) return quiet.stop();
    for (let at = 0; at < value.length; at += PIECE) {
      await take(value.subarray(at, at + PIECE));
    }
  }
}

/** Ends a reading that has waited for a while after the program was over. */
class Quiet {
  #since = Infinity;
  #stopped = false;
  #timer?: ReturnType<typeof setInterval>;

  constructor(over: Promise<void>, end: () => void) {
    over.then(() => {
      if (this.#stopped) return;
      this.#timer = setInterval(() => {
        if (performance.now() - this.#since > LINGER) end();
      }, LINGER / 5);
    });
  }

  begin() {
    this.#since = performance.now();
  }

  end() {
    this.#since = Infinity;
  }

  stop() {
    this.#stopped = true;
    clearInterval(this.#timer);
  }
}

/** A terminal ends with the program that it was made for: the kernel hangs up. */
export async function follow(
  master: Held,
  take: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
) {
  const buffer = new Uint8Array(PIECE);
  for (let n; (n = await readFrom(master, buffer)) > 0;) {
    await take(buffer.slice(0, n));
  }
}
