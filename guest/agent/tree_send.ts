/** The sending end of a copy. */

import {
  checksum,
  type Entry,
  message,
  MODE,
  PIECE,
  TreeError,
  treeError,
} from "./tree.ts";

export interface SendOptions {
  /** Called with what is neither file, folder nor link, and is left out. */
  skipped?: (path: string) => void;
  /** Called with bytes that have gone, and of how many. */
  progress?: (bytes: number, of: number) => void;
}

/** Where an entry lies here, and what is sent of it. */
interface Found {
  place: string;
  entry: Entry;
}

/**
 * The stream of these files and folders. Links among the words are followed,
 * those in folders are sent as links.
 *
 * @throws {TreeError}
 */
export async function* send(
  paths: readonly string[],
  { skipped = () => {}, progress }: SendOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const found: Found[] = [];
  const items: string[] = [];
  for (const path of paths) {
    const name = await itemName(path);
    if (items.includes(name)) {
      throw new TreeError("exists", `two of them are named ${name}`);
    }
    items.push(name);
    await find(path, name, await look(path, Deno.stat), found, skipped);
  }
  const bytes = found.reduce(
    (sum, { entry }) => sum + (entry.type === "file" ? entry.size : 0),
    0,
  );
  yield message({ type: "begin", items, bytes, entries: found.length });
  let gone = 0;
  for (const { place, entry } of found) {
    yield message(entry);
    if (entry.type !== "file") continue;
    yield* content(place, entry.size);
    progress?.(gone += entry.size, bytes);
  }
  yield message({ type: "end" });
}

/** The last part of a path; for `.` and `/x/..` of what they mean. */
async function itemName(path: string): Promise<string> {
  const last = path.replace(/\/+$/, "").split("/").at(-1)!;
  if (last !== "" && last !== "." && last !== "..") return last;
  const real = await Deno.realPath(path).catch((error) => {
    throw treeError(error, path);
  });
  const name = real.split("/").at(-1)!;
  if (name !== "") return name;
  throw new TreeError("failed", "all of / cannot be copied");
}

async function look(
  path: string,
  how: (path: string) => Promise<Deno.FileInfo>,
): Promise<Deno.FileInfo> {
  try {
    return await how(path);
  } catch (error) {
    throw treeError(error, path);
  }
}

async function find(
  place: string,
  path: string,
  info: Deno.FileInfo,
  found: Found[],
  skipped: (path: string) => void,
) {
  const mode = info.mode! & MODE;
  const mtime = info.mtime?.getTime() ?? 0;
  if (info.isFile) {
    const { size } = info;
    found.push({ place, entry: { type: "file", path, mode, mtime, size } });
  } else if (info.isSymlink) {
    const target = await Deno.readLink(place);
    found.push({ place, entry: { type: "link", path, target } });
  } else if (info.isDirectory) {
    found.push({ place, entry: { type: "directory", path, mode, mtime } });
    for (const name of await names(place)) {
      const inner = `${place}/${name}`;
      const its = await look(inner, Deno.lstat);
      await find(inner, `${path}/${name}`, its, found, skipped);
    }
  } else skipped(place);
}

async function names(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name).sort();
  } catch (error) {
    throw treeError(error, directory);
  }
}

async function* content(
  path: string,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const sum = await checksum();
  using file = await Deno.open(path).catch((error) => {
    throw treeError(error, path);
  });
  const buffer = new Uint8Array(PIECE);
  for (let left = size; left > 0;) {
    const n = await file.read(buffer.subarray(0, Math.min(left, PIECE)));
    if (n === null) {
      throw new TreeError("failed", `${path} got shorter while it was read`);
    }
    const part = buffer.subarray(0, n);
    sum.update(part);
    yield message({ type: "data", bytes: n }, part);
    left -= n;
  }
  yield message({ type: "checksum", sha256: sum.hex() });
}
