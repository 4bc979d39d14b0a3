/** Whether a directory of the cache is somebody's, and in use. */

import { Failure } from "../lib/command/failure.ts";
import type { Config } from "../lib/config/config.ts";
import { active, type Listed } from "../lib/libvirt/domain.ts";
import { type Lock, tryLock } from "../lib/lock/lock.ts";
import { owners } from "./contents.ts";

/** `gone`: no VM or template has that name any more. */
export type Occupation = "running" | "off" | "gone";

/** A directory serves a VM, or a template's versions and builds. */
export function occupation(
  list: readonly Listed[],
  owner: string,
): Occupation {
  const own = list.filter(({ name }) =>
    name === owner || name.startsWith(`${owner}@`)
  );
  if (own.some(({ state }) => active(state))) return "running";
  return own.length > 0 ? "off" : "gone";
}

/**
 * The owners that are named, without doubles, or all where none is.
 *
 * @throws {Failure} `missing`, for a name that is neither a VM's nor a
 * template's and has nothing in the cache.
 */
export async function chosenOwners(
  config: Config["cache"],
  list: readonly Listed[],
  words: string[],
): Promise<string[]> {
  const there = await owners(config);
  for (const word of words) {
    if (there.includes(word) || occupation(list, word) !== "gone") continue;
    throw new Failure(
      "missing",
      `cannot find "${word}"`,
      "no VM and no directory in the cache has that name",
      "vms-cache status",
    );
  }
  return words.length > 0 ? [...new Set(words)] : there;
}

/** Keep an owner from being started or built; undefined where one is. */
export async function holdOwner(owner: string): Promise<Lock | undefined> {
  const vm = await tryLock("vm", owner);
  if (!vm) return;
  const template = await tryLock("template", owner);
  if (!template) return void vm[Symbol.dispose]();
  return {
    [Symbol.dispose]() {
      template[Symbol.dispose]();
      vm[Symbol.dispose]();
    },
  };
}
