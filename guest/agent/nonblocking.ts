/**
 * A port or a pipe in few calls, none of which waits: where a processor is
 * emulated each call takes longer than what it moves, and so does a new piece
 * of memory for each piece that comes.
 */

import { errno, libc, meaning } from "./libc_calls.ts";

/** Most that is read at once, in bytes. */
const BUFFER = 256 * 1024;

/** So much comes by one call of a port's driver, and no more. */
const PIECE = 4096;

/** How often it is looked whether a host has come, in milliseconds. */
const LOOK = 50;

/** fcntl(2). */
const GETFL = 3;
const SETFL = 4;
const NONBLOCK = 0o4000;
/** poll(2). */
const POLLIN = 1;
const POLLOUT = 4;
const POLLHUP = 16;

/** One for each end: it has a buffer. */
export class NonblockingFile implements Disposable {
  #buffer = new Uint8Array(BUFFER);
  /** struct iovec: base, length. readv(2) ends at the first that is not full. */
  #pieces = new BigUint64Array(2 * BUFFER / PIECE);
  #open = true;

  constructor(private readonly fd: number) {
    const base = Deno.UnsafePointer.value(
      Deno.UnsafePointer.of(this.#buffer),
    );
    for (let i = 0; i < this.#pieces.length / 2; i++) {
      this.#pieces[2 * i] = BigInt(base) + BigInt(i * PIECE);
      this.#pieces[2 * i + 1] = BigInt(PIECE);
    }
    const flags = libc().fcntl(fd, GETFL, 0);
    libc().fcntl(fd, SETFL, flags | NONBLOCK);
  }

  /**
   * What has come, until the next call; empty at the end, as where a port has no
   * host.
   */
  async read(): Promise<Uint8Array<ArrayBuffer>> {
    while (true) {
      const n = libc().readv(this.fd, this.#pieces, this.#pieces.length / 2);
      if (n >= 0) return this.#buffer.subarray(0, n);
      demandLater("read");
      await this.#wait(POLLIN);
    }
  }

  /** Write all, also where a port's host comes only later. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const n = libc().writeNow(this.fd, rest, BigInt(rest.length));
      if (n >= 0) rest = rest.subarray(n);
      else {
        demandLater("write");
        await this.#wait(POLLOUT);
      }
    }
  }

  [Symbol.dispose]() {
    if (this.#open) libc().close(this.fd);
    this.#open = false;
  }

  /** In a thread of its own. Without a host a port never waits. */
  async #wait(events: number) {
    // struct pollfd: fd, events, revents.
    const wanted = new Int32Array([this.fd, events]);
    await libc().pollLong(wanted, 1n, -1);
    if ((wanted[1]! >> 16) & POLLHUP) await pause();
    // Its number may be another's by now.
    if (!this.#open) throw new Error("it has been closed");
  }
}

/** @throws {Error} where it is another reason than that it would wait. */
function demandLater(what: string) {
  const EAGAIN = 11;
  const code = errno();
  if (code !== EAGAIN) throw new Error(`cannot ${what}: ${meaning(code)}`);
}

/** Wait a while for a host. */
export function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, LOOK));
}
