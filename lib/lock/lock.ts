/** One lock per VM or template, so that two commands never change the same. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory } from "../config/places.ts";

/** Held until it is disposed of, or until the process ends, however it ends. */
export type Lock = Disposable;

/**
 * `use`: somebody waits for what goes on in the VM; `agent`: they talk on a port
 * of its agent.
 */
export type LockKind =
  | "vm"
  | "template"
  | "cache"
  | "use"
  | "agent"
  | "warm"
  | "layer"
  | "pool";

/**
 * Take the lock of a VM or template: flock(2) on a file in the runtime
 * directory, so a killed process leaves no lock behind.
 *
 * @throws {Failure} `conflict`, where another command holds it.
 */
export async function lock(
  kind: LockKind,
  name: string,
  { wait = false } = {},
): Promise<Lock> {
  if (wait) return await waitForLock(kind, name, () => {});
  const held = await tryLock(kind, name);
  if (held) return held;
  throw new Failure(
    "conflict",
    `cannot change ${kind === "cache" ? "the cache" : `"${name}"`}`,
    "another command is changing it",
    "wait for that one, then again",
  );
}

/** The same for several names, in an order that cannot deadlock. */
export async function lockAll(
  kind: LockKind,
  names: string[],
): Promise<Lock> {
  const held: Lock[] = [];
  const release = () => held.forEach((one) => one[Symbol.dispose]());
  try {
    for (const name of [...new Set(names)].sort()) {
      held.push(await lock(kind, name));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { [Symbol.dispose]: release };
}

/** Undefined where another command holds it. */
export async function tryLock(
  kind: LockKind,
  name: string,
): Promise<Lock | undefined> {
  const file = await open(kind, name);
  if (await file.tryLock(true)) return { [Symbol.dispose]: () => file.close() };
  file.close();
}

/** Wait for it; `waiting` is called once where there is something to wait for. */
export async function waitForLock(
  kind: LockKind,
  name: string,
  waiting: () => void,
): Promise<Lock> {
  const file = await open(kind, name);
  if (!await file.tryLock(true)) {
    waiting();
    await file.lock(true);
  }
  return { [Symbol.dispose]: () => file.close() };
}

async function open(kind: LockKind, name: string): Promise<Deno.FsFile> {
  const path = join(await runtimeDirectory(), "lock", `${kind}-${name}`);
  const file = await Deno.open(path, { create: true, write: true });
  // Another member of the group must be able to take the same lock.
  await Deno.chmod(path, 0o660).catch(() => {});
  return file;
}
