/**
 * Publishing: packages move from a VM's directory to the one that all VMs
 * share, once their signature was found right.
 */

import { join } from "@std/path/posix/join";
import type { Config } from "../lib/config/config.ts";
import { lock } from "../lib/lock/lock.ts";
import type { Run } from "../lib/process/run.ts";
import { namesIn } from "./contents.ts";
import { ownCache, sharedCache } from "./layout.ts";
import { looksLikePackage, readPackageName } from "./package_name.ts";
import { packageFault } from "./package_info.ts";
import { type Keyring, openKeyring, signatureFault } from "./signature.ts";
import { LARGEST_PACKAGE, LARGEST_SIGNATURE, take } from "./take.ts";

export interface Refused {
  /** As the guest called it: anything but `/` can be in it. */
  name: string;
  why: string;
}

export interface Published {
  /** File names of the packages that are shared now. */
  published: string[];
  /** Packages that stay where they are. */
  refused: Refused[];
}

export interface PublishOptions {
  /** Leave the VM's own copies: it runs, and may be installing them. */
  keep?: boolean;
}

/** What begins with it in the shared directory is ours and not yet proven. */
export const PRIVATE = ".publish-";

/** Names in a VM's directory that `publish` would look at. */
export async function candidates(
  config: Config["cache"],
  vm: string,
): Promise<string[]> {
  return (await namesIn(ownCache(config, vm))).filter(looksLikePackage);
}

/**
 * Publish what is in the directory of `vm` and is not shared yet.
 *
 * Each package is copied to where no guest can write, and the copy is what is
 * checked and then shared: a guest changes its own files as it likes.
 *
 * @throws {Failure} `host`, without gpgv, keyring or shared directory.
 */
export async function publish(
  config: Config["cache"],
  run: Run,
  vm: string,
  { keep = false }: PublishOptions = {},
): Promise<Published> {
  const found: Published = { published: [], refused: [] };
  const names = await candidates(config, vm);
  if (names.length === 0) return found;
  const shared = sharedCache(config);
  using _held = await lock("cache", "shared", { wait: true });
  await sweepPrivate(shared);
  await using place = await privateDirectory(shared);
  const keyring = await openKeyring(run, config.keyring, place.path);
  for (const name of names) {
    const work = { run, keyring, shared, own: ownCache(config, vm) };
    const outcome = await publishOne(work, place.path, name);
    if (outcome.why !== undefined) found.refused.push({ name, ...outcome });
    else if (outcome.added) found.published.push(name);
    if (outcome.why === undefined && !keep) await forget(work.own, name);
  }
  return found;
}

interface Work {
  run: Run;
  keyring: Keyring;
  shared: string;
  own: string;
}

type Outcome = { why: string } | { why?: undefined; added: boolean };

async function publishOne(
  work: Work,
  directory: string,
  name: string,
): Promise<Outcome> {
  const { run, shared, own, keyring } = work;
  const called = readPackageName(name);
  if (!called) return { why: "its name is not that of a package" };
  // The first of a name is kept: VMs may be reading it.
  if (await isThere(join(shared, name))) return { added: false };
  const file = join(directory, "package");
  const signature = join(directory, "package.sig");
  try {
    const signed = join(own, `${name}.sig`);
    if (!await isThere(signed)) return { why: "it has no signature" };
    const fault = prefixed(
      "signature",
      await take(run, signed, signature, LARGEST_SIGNATURE),
    ) ??
      await take(run, join(own, name), file, LARGEST_PACKAGE) ??
      await signatureFault(run, keyring, { file, signature }) ??
      await packageFault(run, file, called);
    if (fault !== undefined) return { why: fault };
    return { added: await share({ file, signature }, join(shared, name)) };
  } finally {
    await remove(file);
    await remove(signature);
  }
}

function prefixed(what: string, fault: string | undefined) {
  return fault && `its ${what}: ${fault}`;
}

/** The signature comes first: pacman takes no package without it. */
async function share(
  { file, signature }: { file: string; signature: string },
  target: string,
): Promise<boolean> {
  await Deno.chmod(signature, 0o444);
  await Deno.chmod(file, 0o444);
  // Left by a crash between the two; without a package it is nobody's.
  await remove(`${target}.sig`);
  await Deno.rename(signature, `${target}.sig`);
  // Unlike rename(2), link(2) never takes the place of what is there.
  try {
    await Deno.link(file, target);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

async function forget(own: string, name: string): Promise<void> {
  await remove(join(own, name));
  await remove(join(own, `${name}.sig`));
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Links are removed, not what they lead to. What cannot be removed stays. */
async function remove(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
}

async function privateDirectory(shared: string) {
  const path = await Deno.makeTempDir({ dir: shared, prefix: PRIVATE });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Of those who held the lock before and were killed. */
async function sweepPrivate(shared: string): Promise<void> {
  for (const name of await namesIn(shared)) {
    if (!name.startsWith(PRIVATE)) continue;
    await Deno.remove(join(shared, name), { recursive: true }).catch(() => {});
  }
}
