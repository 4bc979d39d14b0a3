/**
 * The receiving end of a copy. All of it is put into a hidden folder beside
 * the target first, and only then moved to where it belongs: it arrives whole,
 * or not at all.
 */

import { FrameReader } from "./frame.ts";
import {
  type Begin,
  checksum,
  dataOf,
  type Entry,
  MODE,
  TreeError,
  treeError,
} from "./tree.ts";

export interface Received {
  /** Paths of what has come, as the target names them. */
  paths: string[];
  /** Links that led out of what was copied; they were left out. */
  skipped: string[];
}

export interface ReceiveOptions {
  /** Replace files that are there, and add to folders. */
  force?: boolean;
  /** Called with bytes that have come, and of how many. */
  progress?: (bytes: number, of: number) => void;
}

/** Where copies go: into a folder that is there, or under a new name in one. */
export interface Target {
  directory: string;
  name?: string;
}

/**
 * What a path of a person means as a target.
 *
 * @throws {TreeError} `missing` where no folder is there.
 */
export async function targetOf(path: string): Promise<Target> {
  const real = await Deno.realPath(path).catch(() => undefined);
  const info = real && await Deno.stat(real);
  if (info && info.isDirectory) return { directory: real };
  const cut = path.replace(/\/+$/, "").lastIndexOf("/");
  const above = cut < 0 ? "." : path.slice(0, cut) || "/";
  const name = path.slice(cut + 1);
  try {
    if (name === "" || name.endsWith("/")) throw new Deno.errors.NotFound();
    demandPath(name, [name]);
    return { directory: await Deno.realPath(above), name };
  } catch (error) {
    throw treeError(error, name.endsWith("/") ? path : above);
  }
}

/** Take a stream in. @throws {TreeError} nothing is left behind then. */
export async function receive(
  stream: AsyncIterable<Uint8Array>,
  target: Target,
  options: ReceiveOptions = {},
): Promise<Received> {
  try {
    using staging = await stage(target.directory);
    const tree = new Tree(staging.path, target, options);
    const reader = new FrameReader(undefined, dataOf);
    for await (const bytes of stream) {
      for (const frame of reader.push(bytes)) {
        if ("broken" in frame) throw unreadable(frame.broken);
        await tree.take(frame.message, frame.payload);
      }
      if (tree.ended) break;
    }
    return await tree.deliver();
  } catch (error) {
    throw treeError(error, target.directory);
  }
}

const STAGING = ".vms-part-";

/** A hidden folder that is removed at the end, or by the next copy to there. */
async function stage(
  directory: string,
): Promise<Disposable & { path: string }> {
  await sweep(directory);
  const place = `${directory}/${STAGING}${crypto.randomUUID()}`;
  await Deno.mkdir(`${place}/tree`, { recursive: true, mode: 0o700 });
  const lock = await Deno.open(`${place}/lock`, { write: true, create: true });
  await lock.lock(true);
  return {
    path: `${place}/tree`,
    [Symbol.dispose]() {
      Deno.removeSync(place, { recursive: true });
      lock.close();
    },
  };
}

/** Remove what copies left that were killed: nobody holds its lock. */
async function sweep(directory: string) {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory || !name.startsWith(STAGING)) continue;
    const place = `${directory}/${name}`;
    const lock = await Deno.open(`${place}/lock`, { write: true })
      .catch(() => undefined);
    using _closed = lock;
    if (lock && await lock.tryLock(true)) {
      await Deno.remove(place, { recursive: true });
    }
  }
}

function unreadable(why: string): TreeError {
  return new TreeError("failed", `what is sent cannot be read: ${why}`);
}

/** Entries below a folder that nobody else knows of. */
class Tree {
  ended = false;
  #begin?: Begin;
  #entries = 0;
  #bytes = 0;
  #file?: Incoming;
  #directories: Extract<Entry, { type: "directory" }>[] = [];
  #made = new Set<string>();
  #skipped: string[] = [];

  constructor(
    private readonly staging: string,
    private readonly target: Target,
    private readonly options: ReceiveOptions,
  ) {}

  async take(given: unknown, payload?: Uint8Array) {
    const message = given as Record<string, unknown> | null;
    const type = message?.type;
    if (this.ended) throw unreadable("more after its end");
    if (type === "data" && payload) return await this.#data(payload);
    if (type === "checksum") return await this.#endFile(message!.sha256);
    if (this.#file) throw unreadable("a file has no end");
    if (type === "begin") return await this.#start(given as Begin);
    if (!this.#begin) throw unreadable("it has no beginning");
    if (type === "end") this.ended = true;
    else await this.#entry(checkedEntry(message!, this.#begin.items));
  }

  /** Move all to where it belongs. */
  async deliver(): Promise<Received> {
    if (!this.ended) throw unreadable("it broke off");
    for (const { path, mode, mtime } of this.#directories.toReversed()) {
      const place = `${this.staging}/${path}`;
      await Deno.chmod(place, mode);
      await Deno.utime(place, new Date(mtime), new Date(mtime));
    }
    const { force = false } = this.options;
    const paths: string[] = [];
    for (const item of this.#begin!.items) {
      const to = this.#final(item);
      const from = `${this.staging}/${item}`;
      // A link that led outwards is all there was.
      if (!await there(from)) continue;
      await move(from, to, force);
      paths.push(to);
    }
    if (paths.length === 0) {
      const why = "all are links that lead elsewhere";
      throw new TreeError("failed", `nothing of it may be kept: ${why}`);
    }
    return { paths, skipped: this.#skipped };
  }

  #final(item: string): string {
    const { directory, name } = this.target;
    return `${directory === "/" ? "" : directory}/${name ?? item}`;
  }

  /** What is there already is said before anything has been sent. */
  async #start(begin: Begin) {
    if (this.#begin) throw unreadable("it begins twice");
    const { items, bytes, entries } = begin;
    const fits = Array.isArray(items) && items.length > 0 &&
      isCount(bytes) && isCount(entries);
    if (!fits) throw unreadable("its beginning is wrong");
    items.forEach((item) => demandPath(item, [item]));
    if (this.target.name !== undefined && items.length > 1) {
      throw new TreeError("missing", `${this.#final("")} is no folder`);
    }
    for (const item of items) {
      const place = this.#final(item);
      if (!this.options.force && await there(place)) {
        throw new TreeError("exists", `${place} is there already`);
      }
    }
    this.#begin = begin;
  }

  async #entry(entry: Entry) {
    if (++this.#entries > this.#begin!.entries) {
      throw unreadable("more entries than announced");
    }
    const cut = entry.path.lastIndexOf("/");
    // A link as a part of the way could lead anywhere.
    if (cut >= 0 && !this.#made.has(entry.path.slice(0, cut))) {
      throw unreadable("an entry in what is no folder");
    }
    const place = `${this.staging}/${entry.path}`;
    if (entry.type === "directory") {
      await Deno.mkdir(place, { mode: 0o700 });
      this.#directories.push(entry);
      this.#made.add(entry.path);
    } else if (entry.type === "link") {
      if (!staysInside(entry.path, entry.target)) {
        this.#skipped.push(entry.path);
      } else await Deno.symlink(entry.target, place);
    } else {
      this.#bytes += entry.size;
      if (this.#bytes > this.#begin!.bytes) {
        throw unreadable("more bytes than announced");
      }
      this.#file = await Incoming.open(place, entry);
    }
  }

  async #data(payload: Uint8Array) {
    if (!this.#file) throw unreadable("bytes of no file");
    await this.#file.write(payload);
    this.#done += payload.length;
    this.options.progress?.(this.#done, this.#begin!.bytes);
  }
  #done = 0;

  async #endFile(sha256: unknown) {
    if (!this.#file) throw unreadable("a checksum of no file");
    await this.#file.end(sha256);
    this.#file = undefined;
  }
}

type FileEntry = Extract<Entry, { type: "file" }>;

/** A file that comes in. */
class Incoming {
  #left: number;

  private constructor(
    private readonly place: string,
    private readonly entry: FileEntry,
    private readonly file: Deno.FsFile,
    private readonly sum: Awaited<ReturnType<typeof checksum>>,
  ) {
    this.#left = entry.size;
  }

  static async open(place: string, entry: FileEntry): Promise<Incoming> {
    const options = { write: true, createNew: true, mode: 0o600 };
    const file = await Deno.open(place, options);
    return new Incoming(place, entry, file, await checksum());
  }

  async write(bytes: Uint8Array) {
    this.#left -= bytes.length;
    if (this.#left < 0) throw this.#wrong("is longer than announced");
    this.sum.update(bytes);
    for (let at = 0; at < bytes.length;) {
      at += await this.file.write(bytes.subarray(at));
    }
  }

  async end(sha256: unknown) {
    if (this.#left !== 0) throw this.#wrong("is shorter than announced");
    if (this.sum.hex() !== sha256) throw this.#wrong("has another checksum");
    await this.file.sync();
    this.file.close();
    const { mode, mtime } = this.entry;
    await Deno.chmod(this.place, mode);
    await Deno.utime(this.place, new Date(mtime), new Date(mtime));
  }

  #wrong(why: string): TreeError {
    return new TreeError("failed", `${this.entry.path} ${why}`);
  }
}

/** The entry, where it is one of those announced. */
function checkedEntry(
  given: Record<string, unknown>,
  items: readonly string[],
): Entry {
  const { type, path, mode, mtime, size, target } = given;
  demandPath(path, items);
  if (type === "link" && typeof target === "string" && !target.includes("\0")) {
    return { type, path, target };
  }
  const times = isCount(mode) && typeof mtime === "number" &&
    Number.isFinite(mtime) && Math.abs(mtime) < 1e14;
  if (!times) throw unreadable("an entry is wrong");
  const common = { path, mode: mode & MODE, mtime };
  if (type === "directory") return { type, ...common };
  if (type === "file" && isCount(size)) return { type, ...common, size };
  throw unreadable("an entry is wrong");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/** Below one of the items, without a way out and without control characters. */
function demandPath(
  path: unknown,
  items: readonly string[],
): asserts path is string {
  const parts = typeof path === "string" ? path.split("/") : [];
  const fits = parts.length > 0 && parts.length < 200 &&
    items.includes(parts[0]!) &&
    // deno-lint-ignore no-control-regex
    !/[\x00-\x1f\x7f-\x9f]/.test(path as string) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!fits) throw unreadable(`the name ${JSON.stringify(path)}`);
}

/** True where a link leads to nothing outside of the item it lies in. */
function staysInside(path: string, target: string): boolean {
  if (target.startsWith("/") || target === "") return false;
  let depth = path.split("/").length - 2;
  for (const part of target.split("/")) {
    if (part === "..") depth--;
    else if (part !== "." && part !== "") depth++;
    if (depth < 0) return false;
  }
  return true;
}

async function there(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Move into place; what is there is replaced only where that was wanted. */
async function move(from: string, to: string, force: boolean) {
  const info = await Deno.lstat(from);
  const old = await Deno.lstat(to).catch(() => undefined);
  if (old && !force) throw new TreeError("exists", `${to} is there already`);
  if (info.isFile && !force) {
    // Unlike rename(2) this fails where somebody was quicker.
    await Deno.link(from, to).catch((error) => {
      throw treeError(error, to);
    });
    return await Deno.remove(from);
  }
  if (!old || !info.isDirectory && !old.isDirectory) {
    return await Deno.rename(from, to);
  }
  if (!info.isDirectory || !old.isDirectory) {
    const is = old.isDirectory ? "a folder" : "no folder";
    throw new TreeError("exists", `${to} is ${is}`);
  }
  for await (const { name } of Deno.readDir(from)) {
    await move(`${from}/${name}`, `${to}/${name}`, force);
  }
}
