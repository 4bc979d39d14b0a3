/**
 * What was copied and waits to be pasted: one thing at most, in one file that
 * only its user may read.
 */

import { join } from "@std/path/posix/join";
import { stateHome } from "../config/places.ts";
import type { Kind } from "./content.ts";

/** The host's own clipboard; no VM's name has a parenthesis. */
export const HOST = "(host)";

/** What is known of it without its content. */
export interface Label {
  /** Name of a VM, or `HOST`. */
  source: string;
  kind: Kind;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  /** Milliseconds since 1970. */
  copied: number;
  expires: number;
}

export interface Kept {
  label: Label;
  content: Uint8Array<ArrayBuffer>;
}

export class Store {
  constructor(
    readonly directory: string,
    readonly now: () => number = Date.now,
  ) {}

  get #path(): string {
    return join(this.directory, "clip");
  }

  /** Keep it in the place of what was there. */
  async put({ label, content }: Kept): Promise<void> {
    const path = await this.#write(label, content);
    await Deno.rename(path, this.#path);
  }

  /** What waits; what has expired is deleted. */
  async look(): Promise<Label | undefined> {
    return (await this.#read(this.#path))?.label;
  }

  /** Take it away: of two that try, one gets it. */
  async take(): Promise<Kept | undefined> {
    const mine = join(this.directory, `taken-${crypto.randomUUID()}`);
    try {
      await Deno.rename(this.#path, mine);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    try {
      return await this.#read(mine);
    } finally {
      await Deno.remove(mine).catch(() => {});
    }
  }

  /** It could not be pasted; what was copied since stays. */
  async putBack({ label, content }: Kept): Promise<void> {
    const path = await this.#write(label, content);
    try {
      await Deno.link(path, this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    } finally {
      await Deno.remove(path);
    }
  }

  /** Delete it, and what a crash left. */
  async clear(): Promise<void> {
    for await (const { name } of Deno.readDir(this.directory)) {
      await Deno.remove(join(this.directory, name)).catch(() => {});
    }
  }

  async #write(
    label: Label,
    content: Uint8Array<ArrayBuffer>,
  ): Promise<string> {
    const path = join(this.directory, `new-${crypto.randomUUID()}`);
    const head = new TextEncoder().encode(`${JSON.stringify(label)}\n`);
    const file = new Blob([head, content]).stream();
    await Deno.writeFile(path, file, { createNew: true, mode: 0o600 });
    return path;
  }

  async #read(path: string): Promise<Kept | undefined> {
    let bytes;
    try {
      bytes = await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    const end = bytes.indexOf(0x0a);
    const head = new TextDecoder().decode(bytes.subarray(0, end));
    const label: Label = JSON.parse(head);
    if (label.expires > this.now()) {
      return { label, content: bytes.subarray(end + 1) };
    }
    await Deno.remove(path).catch(() => {});
  }
}

/** The store of this user: in memory where the system has a place for that. */
export async function ownStore(): Promise<Store> {
  const runtime = Deno.env.get("XDG_RUNTIME_DIR");
  const places = [...(runtime ? [join(runtime, "vms")] : []), stateHome()];
  let last: unknown;
  for (const place of places) {
    const path = join(place, "clip");
    try {
      await Deno.mkdir(path, { recursive: true, mode: 0o700 });
      // Fails where it is another user's.
      await Deno.chmod(path, 0o700);
      return new Store(path);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
