/**
 * The virtio-serial port, standard input and output of the agent. Without a
 * host at the other end, reading ends at once and nothing can be written:
 * drivers/char/virtio_console.c of Linux.
 */

import { errno, libc, meaning } from "./libc_calls.ts";
import type { Write } from "./session.ts";

const STDIN = 0;

/** So much comes by one call of the driver, and no more. */
export const PIECE = 4096;

/** Most that is read at once, in bytes. */
const BUFFER = 256 * 1024;

/** fcntl(2). */
const GETFL = 3;
const SETFL = 4;
const NONBLOCK = 0o4000;

export interface Port {
  /** Bytes that came, until the next call; none where no host is there. */
  read(): Promise<Uint8Array>;
  /** What more is there already: for who expects much. */
  more(): Uint8Array;
  write: Write;
}

/** The port that this process was given. */
export function openPort(): Port {
  const buffer = new Uint8Array(PIECE);
  let pieces: Pieces | undefined;
  let last = Promise.resolve();
  return {
    async read() {
      const n = await Deno.stdin.read(buffer);
      return buffer.subarray(0, n ?? 0);
    },
    more: () => (pieces ??= new Pieces(STDIN)).read(),
    write: (bytes) => last = last.then(() => writeAll(bytes)),
  };
}

async function writeAll(bytes: Uint8Array) {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(await Deno.stdout.write(rest));
    } catch (error) {
      // The port is the one that is read, and `Pieces` was at work meanwhile.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
  }
}

/**
 * A lot of what is there in one call: where a processor is emulated each takes
 * longer than what it moves, and so does new memory for each piece.
 */
export class Pieces {
  readonly #buffer = new Uint8Array(BUFFER);
  /** struct iovec: base, length. readv(2) ends at the first that is not full. */
  readonly #pieces = new BigUint64Array(2 * BUFFER / PIECE);

  constructor(private readonly fd: number) {
    const base = Deno.UnsafePointer.value(
      Deno.UnsafePointer.of(this.#buffer),
    );
    for (let i = 0; i < this.#pieces.length / 2; i++) {
      this.#pieces[2 * i] = BigInt(base) + BigInt(i * PIECE);
      this.#pieces[2 * i + 1] = BigInt(PIECE);
    }
  }

  /** Without waiting, until the next call; none where there is nothing. */
  read(): Uint8Array {
    const flags = libc().fcntl(this.fd, GETFL, 0);
    libc().fcntl(this.fd, SETFL, flags | NONBLOCK);
    const n = libc().readv(this.fd, this.#pieces, this.#pieces.length / 2);
    const code = n < 0 ? errno() : 0;
    libc().fcntl(this.fd, SETFL, flags);
    const EAGAIN = 11;
    if (n >= 0) return this.#buffer.subarray(0, n);
    if (code === EAGAIN) return new Uint8Array();
    throw new Error(`cannot read the port: ${meaning(code)}`);
  }
}
