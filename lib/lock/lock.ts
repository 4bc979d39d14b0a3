/** One lock per VM or template, so that two commands never change the same. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory } from "../config/places.ts";

/** Held until it is disposed of, or until the process ends, however it ends. */
export type Lock = Disposable;

/**
 * `use`: somebody waits for what goes on in the VM; `agent`: they talk on a port
 * of its agent; `turn`: a place among those that do something at once; `rules`:
 * those of a template, whose own lock a build has for an hour.
 */
export type LockKind =
  | "vm"
  | "template"
  | "rules"
  | "cache"
  | "use"
  | "agent"
  | "warm"
  | "layer"
  | "pool"
  | "turn";

/** How often a file is opened that may not be read yet. */
const TRIES = 100;

/**
 * Take the lock of a VM or template: flock(2) on a file in the runtime
 * directory, so a killed process leaves no lock behind, but an empty file.
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
  return await take(kind, name, (file) => file.tryLock(true));
}

/** Wait for it; `waiting` is called once where there is something to wait for. */
export async function waitForLock(
  kind: LockKind,
  name: string,
  waiting: () => void,
): Promise<Lock> {
  let tell = waiting;
  const held = await take(kind, name, async (file) => {
    if (await file.tryLock(true)) return true;
    tell();
    tell = () => {};
    await file.lock(true);
    return true;
  });
  return held!;
}

/**
 * The file goes with the lock. So a lock counts only on the file that has the
 * name: the one that was waited for may be gone, and another in its place.
 */
async function take(
  kind: LockKind,
  name: string,
  locked: (file: Deno.FsFile) => Promise<boolean>,
): Promise<Lock | undefined> {
  const path = join(await runtimeDirectory(), "lock", `${kind}-${name}`);
  while (true) {
    const file = await open(path);
    if (!await locked(file)) return void file.close();
    if (isAt(path, file)) return { [Symbol.dispose]: () => drop(path, file) };
    file.close();
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  for (let tries = 1;; tries++) {
    try {
      return await Deno.open(path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        const file = await create(path);
        if (file) return file;
      } else if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      else if (tries >= TRIES) throw refused(path);
      // Another member of the group has just made it.
      else await new Promise((done) => setTimeout(done, 5));
    }
  }
}

/** Whoever made it was killed before anybody else might read it. */
function refused(path: string): Failure {
  return new Failure(
    "host",
    "cannot take a lock",
    `${path} is somebody's alone`,
    `sudo rm ${path}`,
  );
}

/** Undefined where somebody else has done so meanwhile. */
async function create(path: string): Promise<Deno.FsFile | undefined> {
  const options = { read: true, write: true, createNew: true };
  try {
    const file = await Deno.open(path, options);
    // Another member of the group must be able to take the same lock.
    await Deno.chmod(path, 0o660).catch(() => {});
    return file;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function isAt(path: string, file: Deno.FsFile): boolean {
  try {
    const [here, there] = [file.statSync(), Deno.lstatSync(path)];
    return here.ino === there.ino && here.dev === there.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function drop(path: string, file: Deno.FsFile) {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody else's, or removed by hand: the lock is given up all the same.
  }
  file.close();
}
