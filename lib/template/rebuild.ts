/** Rebuilding templates that there are, in an order that carries changes down. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains } from "../libvirt/domain.ts";
import { type Lock, lock, waitForLock } from "../lock/lock.ts";
import { lineage } from "../recipe/recipe.ts";
import { mustFindVersion, versions } from "./versions.ts";

/** The lock of a template; says so where another build has to end first. */
export async function underLock(
  context: Context,
  template: string,
  noWait: boolean,
): Promise<Lock> {
  if (noWait) return await lock("template", template);
  return await waitForLock("template", template, () => {
    context.say(`another command builds "${template}": waiting for it`);
  });
}

/**
 * Names of the templates to rebuild, parents before what rests on them.
 *
 * @throws {Failure} `missing` for one that was never built, `usage` where
 * neither names nor `all` are given.
 */
export async function rebuildOrder(
  { virsh }: Connection,
  names: string[],
  all: boolean,
): Promise<string[]> {
  if (all === (names.length > 0)) {
    const why = "vms-template rebuild needs names, or --all";
    throw new Failure("usage", "cannot rebuild", why, "vms-template list");
  }
  const list = await listDomains(virsh);
  names.forEach((name) => mustFindVersion(list, name));
  const wanted = new Set(
    all ? versions(list).map(({ template }) => template) : names,
  );
  const order = new Set<string>();
  for (const name of wanted) {
    for (const recipe of await lineage(name)) {
      if (wanted.has(recipe.name)) order.add(recipe.name);
    }
  }
  return [...order];
}
