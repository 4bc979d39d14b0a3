/**
 * The receiving end of a copy. All of it is put into a hidden folder beside
 * the target first, and only then moved to where it belongs: it arrives whole,
 * or not at all.
 *
 * tree_check.ts judges what is sent, tree_incoming.ts writes it, tree_staging.ts
 * has the hidden folder, and tree_deliver.ts moves what has come.
 */

import { FrameReader } from "./frame.ts";
import {
  asItIs,
  type Begin,
  checksum,
  type Crc32,
  crc32,
  dataOf,
  type Entry,
  type Hold,
  type Spot,
  TreeError,
  treeError,
} from "./tree.ts";
import {
  checkedBegin,
  checkedEntry,
  demandName,
  type Directory,
  staysInside,
  unreadable,
} from "./tree_check.ts";
import { demandRoom, lookAt, move } from "./tree_deliver.ts";
import { Incoming } from "./tree_incoming.ts";
import { stage } from "./tree_staging.ts";

export interface Received {
  /** Paths of what has come, as the target names them. */
  paths: string[];
  /** Links that led out of what was copied and were left out: the first. */
  skipped: string[];
  /** How many more of those there were, if any. */
  more?: number;
}

/** Links left out that are named. */
const MOST_NAMED = 1000;

/** A stream, cut anywhere. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface ReceiveOptions {
  /** Replace files that are there, and add to folders. */
  force?: boolean;
  /** Called with bytes that have come, and of how many. */
  progress?: (bytes: number, of: number) => void;
  /**
   * Called as soon as there is a hidden folder, with what removes it: for who
   * may be told to end in the middle.
   */
  staged?: (clear: () => void) => void;
  /** How the target's folder is held while it is worked in. */
  hold?: Hold;
  /** How checksums are made. */
  crc32?: Crc32;
}

/** Where copies go: into a folder that is there, or under a new name in one. */
export interface Target {
  /** Absolute, without links. */
  directory: string;
  name?: string;
}

/**
 * What a path of a person means as a target.
 *
 * @throws {TreeError} `missing` where no folder is there.
 */
export function targetOf(path: string): Target {
  const there = directoryAt(path);
  if (there !== undefined) return { directory: there };
  const cut = path.replace(/\/+$/, "").lastIndexOf("/");
  const above = cut < 0 ? "." : path.slice(0, cut) || "/";
  const name = path.slice(cut + 1);
  try {
    if (name === "" || name.endsWith("/")) throw new Deno.errors.NotFound();
    demandName(name, [name]);
    return { directory: Deno.realPathSync(above), name };
  } catch (error) {
    throw treeError(error, name.endsWith("/") ? path : above);
  }
}

/** Where it is, without links, if it is a folder. */
function directoryAt(path: string): string | undefined {
  try {
    const real = Deno.realPathSync(path);
    return Deno.lstatSync(real).isDirectory ? real : undefined;
  } catch {
    // Not there, or not to be seen: whoever works in it hears why.
  }
}

/**
 * In a folder a copy gets the name that was asked for, so that must be known
 * to others than its sender.
 *
 * @param asked names, as `receive` takes them.
 * @throws {TreeError} `unnamed`.
 */
export function demandNames(target: Target, asked: readonly string[]) {
  if (target.name !== undefined || !asked.includes("")) return;
  const why = "a source without a name of its own needs a new name as target";
  throw new TreeError("unnamed", why);
}

/**
 * Take a stream in. What it would replace without leave, or cannot replace, is
 * refused before anything is moved.
 *
 * @param asked what may lie in the target: the name that `nameOf` gives to each
 * path that was asked for. Whoever sends is not believed in that.
 * @throws {TreeError} nothing is left behind then, but where the system refuses
 * one of several items late: those moved before it stay, each of them whole.
 */
export async function receive(
  stream: Pieces,
  target: Target,
  asked: readonly string[],
  options: ReceiveOptions = {},
): Promise<Received> {
  const { hold = asItIs } = options;
  demandNames(target, asked);
  try {
    using base = hold(target.directory);
    using staging = stage(base);
    options.staged?.(staging.clear);
    using tree = new Tree(staging.path, base, target, asked, options);
    const reader = new FrameReader(undefined, dataOf, true);
    for await (const bytes of stream) {
      for (const frame of reader.push(bytes)) {
        if ("broken" in frame) throw unreadable(frame.broken);
        tree.take(frame.message, frame.payload);
      }
      if (tree.ended) break;
    }
    return tree.deliver();
  } catch (error) {
    throw treeError(error, target.directory);
  }
}

/** Entries below a folder that nobody else knows of. */
class Tree implements Disposable {
  ended = false;
  #begin?: Begin;
  #entries = 0;
  #bytes = 0;
  #done = 0;
  #file?: Incoming;
  #directories = new Map<string, Directory>();
  #skipped: string[] = [];
  #more = 0;

  constructor(
    private readonly staging: string,
    private readonly base: Spot,
    private readonly target: Target,
    private readonly asked: readonly string[],
    private readonly options: ReceiveOptions,
  ) {}

  take(given: unknown, payload?: Uint8Array<ArrayBuffer>) {
    const message = (given ?? {}) as Record<string, unknown>;
    const { type } = message;
    if (this.ended) throw unreadable("more after its end");
    if (type === "data" && payload) return this.#data(payload);
    if (type === "checksum") return this.#endFile(message.crc32);
    if (this.#file) throw unreadable("a file has no end");
    if (type === "begin") {
      return this.#start(checkedBegin(message, this.asked));
    }
    if (!this.#begin) throw unreadable("it has no beginning");
    if (type === "end") this.ended = true;
    else this.#entry(checkedEntry(message, this.#begin.items));
  }

  /** Move all to where it belongs. */
  deliver(): Received {
    if (!this.ended) throw unreadable("it broke off");
    const { directory, name } = this.target;
    const items: string[] = [];
    for (const item of this.#begin!.items) {
      // A link that led outwards is all there was.
      if (lookAt(`${this.staging}/${item}`)) items.push(item);
    }
    if (items.length === 0) {
      const why = "all are links that lead elsewhere";
      throw new TreeError("failed", `nothing of it may be kept: ${why}`);
    }
    const complete = {
      from: this.staging,
      directories: this.#directories,
      force: this.options.force ?? false,
    };
    const into = { spot: this.base, words: directory };
    for (const item of items) {
      demandRoom(complete, item, into, name ?? item);
    }
    for (const item of items) move(complete, item, into, name ?? item);
    const paths = items.map((item) => this.#final(item));
    const more = this.#more > 0 ? { more: this.#more } : {};
    return { paths, skipped: this.#skipped, ...more };
  }

  [Symbol.dispose]() {
    this.#file?.[Symbol.dispose]();
  }

  #final(item: string): string {
    const { directory, name } = this.target;
    return `${directory === "/" ? "" : directory}/${name ?? item}`;
  }

  /** What is there already is said before anything has been sent. */
  #start(begin: Begin) {
    if (this.#begin) throw unreadable("it begins twice");
    const { items } = begin;
    const { name } = this.target;
    if (name !== undefined && items.length > 1) {
      throw new TreeError("missing", `${this.#final("")} is no folder`);
    }
    for (const item of this.options.force ? [] : items) {
      if (lookAt(`${this.base.path}/${name ?? item}`)) {
        throw new TreeError("exists", `${this.#final(item)} is there already`);
      }
    }
    this.#begin = begin;
  }

  #entry(entry: Entry) {
    if (++this.#entries > this.#begin!.entries) {
      throw unreadable("more entries than announced");
    }
    const cut = entry.path.lastIndexOf("/");
    // A link as a part of the way could lead anywhere.
    if (cut >= 0 && !this.#directories.has(entry.path.slice(0, cut))) {
      throw unreadable("an entry in what is no folder");
    }
    const place = `${this.staging}/${entry.path}`;
    if (entry.type === "directory") {
      Deno.mkdirSync(place, { mode: 0o700 });
      this.#directories.set(entry.path, entry);
    } else if (entry.type === "link") {
      if (staysInside(entry.path, entry.target)) {
        Deno.symlinkSync(entry.target, place);
      } else if (this.#skipped.length < MOST_NAMED) {
        this.#skipped.push(entry.path);
      } else this.#more++;
    } else {
      this.#bytes += entry.size;
      if (this.#bytes > this.#begin!.bytes) {
        throw unreadable("more bytes than announced");
      }
      const sum = checksum(this.options.crc32 ?? crc32);
      this.#file = Incoming.open(place, entry, sum);
    }
  }

  #data(payload: Uint8Array<ArrayBuffer>) {
    if (!this.#file) throw unreadable("bytes of no file");
    this.#file.write(payload);
    this.#done += payload.length;
    this.options.progress?.(this.#done, this.#begin!.bytes);
  }

  #endFile(crc32: unknown) {
    if (!this.#file) throw unreadable("a checksum of no file");
    this.#file.end(crc32);
    this.#file = undefined;
  }
}
