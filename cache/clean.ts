/** Cleaning the cache: old versions, interrupted downloads, former VMs'. */

import { join } from "@std/path/posix/join";
import type { Context } from "../lib/command/context.ts";
import type { Config } from "../lib/config/config.ts";
import type { Listed } from "../lib/libvirt/domain.ts";
import { lock } from "../lib/lock/lock.ts";
import { namesIn } from "./contents.ts";
import { ownCache, sharedCache } from "./layout.ts";
import { holdOwner, occupation } from "./occupation.ts";
import { oldVersions } from "./old_versions.ts";
import { isLeftOver, readPackageName } from "./package_name.ts";
import { PRIVATE } from "./publish.ts";
import { type Removal, remove } from "./removal.ts";

export interface CleanOptions {
  /** Versions of each package that stay. */
  keep: number;
  /** Everything that no VM is using. */
  all: boolean;
  /** The shared directory too. */
  shared: boolean;
}

type Kit = Pick<Context, "run" | "say" | "dryRun">;

/** Clean the directories of these VMs; and with `shared` the shared one. */
export async function clean(
  config: Config["cache"],
  context: Kit,
  list: readonly Listed[],
  vms: string[],
  options: CleanOptions,
): Promise<Removal> {
  const result: Removal = { removed: [], failed: [] };
  for (const vm of vms) {
    await cleanOwn(config, context, list, vm, options, result);
  }
  if (options.shared) {
    await cleanShared(config, context, list, options, result);
  }
  return result;
}

async function cleanOwn(
  config: Config["cache"],
  context: Kit,
  list: readonly Listed[],
  vm: string,
  { all }: CleanOptions,
  result: Removal,
): Promise<void> {
  const directory = ownCache(config, vm);
  const state = occupation(list, vm);
  using held = state === "running" ? undefined : await holdOwner(vm);
  if (!held) {
    context.say(`left alone: ${vm}, which is running or being worked on`);
    return;
  }
  if (state === "gone") return await remove([directory], context, result);
  const names = await namesIn(directory);
  const wanted = all ? names : names.filter(isLeftOver);
  await remove(wanted.map((name) => join(directory, name)), context, result);
}

async function cleanShared(
  config: Config["cache"],
  context: Kit,
  list: readonly Listed[],
  { keep, all }: CleanOptions,
  result: Removal,
): Promise<void> {
  const directory = sharedCache(config);
  if (all && list.some((one) => one.kind === "build")) {
    context.say("left alone: the shared packages, which a build is using");
    return;
  }
  using _held = await lock("cache", "shared", { wait: true });
  const names = await namesIn(directory);
  const packages = names.filter(readPackageName);
  const { run, say } = context;
  const old = new Set(
    all ? packages : await oldVersions(run, directory, packages, keep, say),
  );
  const stays = new Set(packages.filter((name) => !old.has(name)));
  // A package goes before its signature, without which it is of no use.
  const gone = [
    ...old,
    ...names.filter((name) =>
      name.endsWith(".sig") && !stays.has(name.slice(0, -".sig".length))
    ),
    ...names.filter((name) => name.startsWith(PRIVATE) || isLeftOver(name)),
  ];
  await remove(gone.map((name) => join(directory, name)), context, result);
}
