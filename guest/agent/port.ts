/**
 * The virtio-serial port, standard input and output of the agent. Without a
 * host at the other end, reading ends at once and writing waits:
 * drivers/char/virtio_console.c of Linux.
 */

import { readMore } from "./libc.ts";
import type { Write } from "./session.ts";

const STDIN = 0;

/** How often it is looked whether a host has come, in milliseconds. */
const LOOK = 50;

export interface Port {
  /** Bytes that came; undefined where no host is there. */
  read(): Promise<Uint8Array | undefined>;
  write: Write;
  /** Wait a while for a host. */
  pause(): Promise<void>;
}

/** The port that this process was given. */
export function openPort(): Port {
  const buffer = new Uint8Array(64 * 1024);
  let last = Promise.resolve();
  const write = async (bytes: Uint8Array<ArrayBuffer>) => {
    for (let at = 0; at < bytes.length;) {
      at += await Deno.stdout.write(bytes.subarray(at));
    }
  };
  return {
    async read() {
      const n = await Deno.stdin.read(buffer);
      if (n === null) return;
      return buffer.subarray(0, readMore(STDIN, buffer, n));
    },
    write: (bytes) => last = last.then(() => write(bytes)),
    pause: () => new Promise((done) => setTimeout(done, LOOK)),
  };
}
