/** A file that comes in, and is put where nobody looks yet. */

import { type Checksum, TreeError } from "./tree.ts";
import type { FileEntry } from "./tree_check.ts";

export class Incoming implements Disposable {
  #left: number;
  #open = true;

  private constructor(
    private readonly place: string,
    private readonly entry: FileEntry,
    private readonly file: Deno.FsFile,
    private readonly sum: Checksum,
  ) {
    this.#left = entry.size;
  }

  static open(place: string, entry: FileEntry, sum: Checksum): Incoming {
    const options = { write: true, createNew: true, mode: 0o600 };
    return new Incoming(place, entry, Deno.openSync(place, options), sum);
  }

  /**
   * @throws {TreeError} where there are more bytes than announced.
   */
  write(bytes: Uint8Array<ArrayBuffer>) {
    this.#left -= bytes.length;
    if (this.#left < 0) throw this.#wrong("is longer than announced");
    this.sum.update(bytes);
    for (let at = 0; at < bytes.length;) {
      at += this.file.writeSync(bytes.subarray(at));
    }
  }

  /** On disk, with its mode and time. @throws {TreeError} another checksum. */
  end(crc32: unknown) {
    if (this.#left !== 0) throw this.#wrong("is shorter than announced");
    if (this.sum.hex() !== crc32) throw this.#wrong("has another checksum");
    this.file.syncSync();
    this[Symbol.dispose]();
    const { mode, mtime } = this.entry;
    Deno.chmodSync(this.place, mode);
    Deno.utimeSync(this.place, new Date(mtime), new Date(mtime));
  }

  [Symbol.dispose]() {
    if (this.#open) this.file.close();
    this.#open = false;
  }

  #wrong(why: string): TreeError {
    return new TreeError("failed", `${this.entry.path} ${why}`);
  }
}
