/** What lies in the cache. A VM's directory holds whatever its guest likes. */

import { join } from "@std/path/posix/join";
import type { Config } from "../lib/config/config.ts";
import { NAME } from "../lib/names/names.ts";
import { SHARED } from "./layout.ts";
import { isLeftOver, readPackageName } from "./package_name.ts";

/** Names in a directory; none where it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Names of the VMs and templates that have a directory of their own. */
export async function owners(
  { directory }: Config["cache"],
): Promise<string[]> {
  const names = await namesIn(directory);
  const found: string[] = [];
  for (const name of names) {
    if (!NAME.test(name) || name === SHARED) continue;
    const info = await Deno.lstat(join(directory, name));
    if (info.isDirectory) found.push(name);
  }
  return found;
}

export interface Contents {
  packages: number;
  /** Bytes of all files, those in directories too. */
  bytes: number;
  /** Interrupted downloads. */
  leftovers: number;
  /** When the newest package came; undefined where there is none. */
  newest?: Date;
}

/** Count what lies in a directory, without following anything. */
export async function contents(directory: string): Promise<Contents> {
  const found: Contents = { packages: 0, bytes: 0, leftovers: 0 };
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const info = await Deno.lstat(path).catch(() => undefined);
    if (!info) continue;
    found.bytes += info.isDirectory ? await bytesIn(path) : info.size;
    if (isLeftOver(name)) found.leftovers++;
    if (!info.isFile || !readPackageName(name)) continue;
    found.packages++;
    const came = info.ctime ?? info.mtime ?? new Date(0);
    if (!found.newest || came > found.newest) found.newest = came;
  }
  return found;
}

/** Bytes of the files below a directory, however deep, as far as they show. */
async function bytesIn(directory: string): Promise<number> {
  let bytes = 0;
  const left = [directory];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const name of await namesIn(at).catch(() => [])) {
      const path = join(at, name);
      const info = await Deno.lstat(path).catch(() => undefined);
      if (info?.isDirectory) left.push(path);
      else bytes += info?.size ?? 0;
    }
  }
  return bytes;
}
