/** The sending end of a copy. */

import {
  asItIs,
  checksum,
  type Crc32,
  crc32,
  type Hold,
  message,
  MODE,
  nameOf,
  PIECE,
  type Spot,
  TreeError,
  treeError,
} from "./tree.ts";
import { Found } from "./tree_found.ts";

export interface SendOptions {
  /** Called with what is neither file, folder nor link, and is left out. */
  skipped?: (path: string) => void;
  /** Called with bytes that have gone, and of how many. */
  progress?: (bytes: number, of: number) => void;
  /** Where a word leads: for `hold` an absolute path without links. */
  resolve?: (path: string) => string;
  /** How what is there is held while it is read. */
  hold?: Hold;
  /** How checksums are made. */
  crc32?: Crc32;
}

/**
 * The stream of these files and folders. Links among the words are followed,
 * those in folders are sent as links.
 *
 * @throws {TreeError}
 */
export function* send(
  paths: readonly string[],
  options: SendOptions = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const {
    skipped = () => {},
    progress,
    resolve = (path) => path,
    hold = asItIs,
  } = options;
  const found = new Found();
  /** Where each item lies here. */
  const items = new Map<string, string>();
  for (const path of paths) {
    const name = itemName(path);
    if (items.has(name)) {
      throw new TreeError("exists", `two of them are named ${name}`);
    }
    const place = resolve(path);
    items.set(name, place);
    using spot = held(() => hold(place), path);
    const info = look(path, () => Deno.statSync(spot.path));
    find(place, name, spot, info, { found, skipped });
  }
  const { bytes, count: entries } = found;
  yield message({ type: "begin", items: [...items.keys()], bytes, entries });
  let gone = 0;
  for (const entry of found) {
    yield message(entry);
    if (entry.type !== "file") continue;
    const [item] = entry.path.split("/", 1);
    const place = items.get(item!)! + entry.path.slice(item!.length);
    using spot = held(() => hold(place), place);
    const sent = (part: number) => progress?.(gone += part, bytes);
    yield* content(place, spot, entry.size, sent, options.crc32);
  }
  yield message({ type: "end" });
}

/**
 * The last part of a path; for `.` and `/x/..` of what they mean here.
 *
 * @throws {TreeError}
 */
export function itemName(path: string): string {
  const last = nameOf(path);
  if (last !== "") return last;
  const real = look(path, () => Deno.realPathSync(path));
  const name = real.split("/").at(-1)!;
  if (name !== "") return name;
  throw new TreeError("failed", "all of / cannot be copied");
}

function look<T>(path: string, how: () => T): T {
  try {
    return how();
  } catch (error) {
    throw treeError(error, path);
  }
}

function held(hold: () => Spot, path: string): Spot {
  try {
    return hold();
  } catch (error) {
    throw treeError(error, path);
  }
}

/** What is found is put down, or said to be skipped. */
interface Finding {
  found: Found;
  skipped: (path: string) => void;
}

function find(
  place: string,
  path: string,
  spot: Spot,
  info: Deno.FileInfo,
  finding: Finding,
) {
  const mode = info.mode! & MODE;
  const mtime = info.mtime?.getTime() ?? 0;
  const { found, skipped } = finding;
  if (info.isFile) {
    const { size } = info;
    found.add({ type: "file", path, mode, mtime, size });
  } else if (info.isDirectory) {
    found.add({ type: "directory", path, mode, mtime });
    for (const name of names(place, spot)) {
      findIn(place, path, spot, name, finding);
    }
  } else skipped(place);
}

/** What lies in a folder; a link is told, and not followed. */
function findIn(
  folder: string,
  above: string,
  spot: Spot,
  name: string,
  finding: Finding,
) {
  const place = `${folder === "/" ? "" : folder}/${name}`;
  const path = `${above}/${name}`;
  const inner = `${spot.path}/${name}`;
  const info = look(place, () => Deno.lstatSync(inner));
  if (info.isSymlink) {
    const target = look(place, () => Deno.readLinkSync(inner));
    finding.found.add({ type: "link", path, target });
    return;
  }
  using next = held(() => spot.inner(name), place);
  find(place, path, next, info, finding);
}

function names(directory: string, spot: Spot): string[] {
  const entries = look(
    directory,
    () => [...Deno.readDirSync(spot.path)],
  );
  return entries.map(({ name }) => name).sort();
}

function* content(
  path: string,
  spot: Spot,
  size: number,
  sent: (bytes: number) => void,
  by?: Crc32,
): Generator<Uint8Array<ArrayBuffer>> {
  const sum = checksum(by ?? crc32);
  const info = look(path, () => Deno.statSync(spot.path));
  // To open a pipe would be to wait for whoever writes to it.
  if (!info.isFile) throw new TreeError("failed", `${path} was replaced`);
  using file = look(path, () => Deno.openSync(spot.path));
  const buffer = new Uint8Array(PIECE);
  for (let left = size; left > 0;) {
    const n = file.readSync(buffer.subarray(0, Math.min(left, PIECE)));
    if (n === null) {
      throw new TreeError("failed", `${path} got shorter while it was read`);
    }
    const part = buffer.subarray(0, n);
    sum.update(part);
    yield message({ type: "data", bytes: n }, part);
    sent(n);
    left -= n;
  }
  yield message({ type: "checksum", crc32: sum.hex() });
}
