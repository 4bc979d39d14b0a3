/**
 * The virtio-serial port, standard input and output of the agent. Without a
 * host at the other end, reading ends at once and nothing can be written:
 * drivers/char/virtio_console.c of Linux.
 */

import { NonblockingFile } from "./nonblocking.ts";
import type { Write } from "./session.ts";

const STDIN = 0;
const STDOUT = 1;

export interface Port {
  /** Bytes that came, until the next call; none where no host is there. */
  read(): Promise<Uint8Array>;
  write: Write;
}

/** The port that this process was given. */
export function openPort(): Port {
  const [from, to] = [new NonblockingFile(STDIN), new NonblockingFile(STDOUT)];
  let last = Promise.resolve();
  return {
    read: () => from.read(),
    write: (bytes) => last = last.then(() => to.write(bytes)),
  };
}
