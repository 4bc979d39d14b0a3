/** Rebuilding templates that there are, in an order that carries changes down. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains } from "../libvirt/domain.ts";
import { type Lock, lock, tryLock, waitForLock } from "../lock/lock.ts";
import { ChildFailed } from "../process/result.ts";
import { lineage } from "../recipe/recipe.ts";
import { mustFindVersion, versions } from "./versions.ts";

/** One to rebuild, and those of the others that it rests on. */
export interface Due {
  name: string;
  above: string[];
}

/** What is to be rebuilt, parents first, and why some cannot be. */
export interface Order {
  due: Due[];
  failed: Map<string, Error>;
}

/** The lock of a template; says so where another build has to end first. */
export async function underLock(
  context: Context,
  template: string,
  noWait: boolean,
): Promise<Lock> {
  if (noWait) return await lock("template", template);
  if (context.dryRun) {
    const held = await tryLock("template", template);
    if (held) return held;
    context.say(`another command builds "${template}": it would wait for it`);
    return { [Symbol.dispose]() {} };
  }
  return await waitForLock("template", template, () => {
    context.say(`another command builds "${template}": waiting for it`);
  });
}

/**
 * The templates to rebuild, parents before what rests on them. Of `all`, those
 * whose recipe cannot be read have failed already.
 *
 * @throws {Failure} `missing` for one that was never built, `usage` where
 * neither names nor `all` are given; and of names, why a recipe cannot be read.
 */
export async function rebuildOrder(
  { virsh }: Connection,
  names: string[],
  all: boolean,
): Promise<Order> {
  if (all === (names.length > 0)) {
    const why = "vms-template rebuild needs names, or --all";
    throw new Failure("usage", "cannot rebuild", why, "vms-template list");
  }
  const list = await listDomains(virsh);
  names.forEach((name) => mustFindVersion(list, name));
  const wanted = new Set(
    all ? versions(list).map(({ template }) => template) : names,
  );
  const due = new Map<string, Due>();
  const failed = new Map<string, Error>();
  for (const name of wanted) {
    try {
      const line = (await lineage(name)).map((recipe) => recipe.name)
        .filter((one) => wanted.has(one));
      line.forEach((one, i) =>
        due.set(one, { name: one, above: line.slice(0, i) })
      );
    } catch (error) {
      if (!all || !(error instanceof Failure)) throw error;
      failed.set(name, error);
    }
  }
  return { due: [...due.values()], failed };
}

/**
 * Build them, one after the other. One that fails takes with it what rests on
 * it; the others are built all the same.
 *
 * @returns the names of the versions, and why there are not more.
 */
export async function rebuildInOrder(
  { due, failed: unreadable }: Order,
  build: (template: string) => Promise<string>,
): Promise<{ built: string[]; failed: Map<string, Error> }> {
  const built: string[] = [];
  const failed = new Map(unreadable);
  for (const { name, above } of due) {
    const lost = above.find((one) => failed.has(one));
    try {
      if (lost) throw new Error(`it rests on "${lost}", which failed`);
      built.push(await build(name));
    } catch (error) {
      if (!lost && !isFailure(error)) throw error;
      failed.set(name, error as Error);
    }
  }
  return { built, failed };
}

/** All else is a defect of ours. */
function isFailure(error: unknown): boolean {
  return error instanceof Failure || error instanceof ChildFailed;
}

/**
 * Tell of all that failed at the end: one by itself as it is.
 *
 * @throws {Failure} `failed`.
 */
export function refuseFailed({ due }: Order, failed: Map<string, Error>) {
  if (failed.size === 0) return;
  const [first] = failed.values();
  const all = new Set([...due.map(({ name }) => name), ...failed.keys()]);
  if (all.size === 1) throw first;
  throw new Failure(
    "failed",
    `cannot rebuild ${failed.size} of ${all.size} templates`,
    [...failed].map(([name, { message }]) => `\n${name}: ${message}`).join(""),
    `vms-template rebuild ${[...failed.keys()].join(" ")}`,
  );
}
