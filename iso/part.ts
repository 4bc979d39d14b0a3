/** A file that is still being fetched: `NAME.part` beside its final name. */

import { Failure } from "../lib/command/failure.ts";
import { humanSize } from "../lib/names/values.ts";

/** Open for writing at its end. */
export class Part implements Disposable {
  private constructor(
    readonly path: string,
    readonly file: Deno.FsFile,
    /** Bytes that are there. */
    public size: number,
  ) {}

  /** Go on with the one that is there, or begin one. */
  static async open(path: string): Promise<Part> {
    const file = await Deno.open(path, {
      read: true,
      write: true,
      create: true,
    });
    const size = await file.seek(0, Deno.SeekMode.End);
    return new Part(path, file, size);
  }

  /** @throws {Failure} `failed`, where the disk is full; what came is kept. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        const written = await this.file.write(bytes.subarray(at));
        at += written;
        this.size += written;
      }
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOSPC") throw error;
      throw new Failure(
        "failed",
        `cannot write ${this.path}`,
        `no space is left; ${humanSize(this.size)} came and are kept`,
        "vms-iso list",
      );
    }
  }

  /** Begin anew. */
  async empty(): Promise<void> {
    if (this.size === 0) return;
    await this.file.truncate(0);
    await this.file.seek(0, Deno.SeekMode.Start);
    this.size = 0;
  }

  /** On the disk, not only in memory. */
  async sync(): Promise<void> {
    await this.file.sync();
  }

  [Symbol.dispose]() {
    this.file.close();
  }
}
