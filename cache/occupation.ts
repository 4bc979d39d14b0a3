/** Whether a directory of the cache is somebody's, and in use. */

import { active, type Listed } from "../lib/libvirt/domain.ts";
import { type Lock, tryLock } from "../lib/lock/lock.ts";

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
