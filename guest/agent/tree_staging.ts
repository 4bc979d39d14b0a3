/** The hidden folder beside a target in which a copy is put together. */

import { type Spot, TreeError } from "./tree.ts";

const STAGING = ".vms-part-";

export interface Staging extends Disposable {
  /** An empty folder that nobody else knows of. */
  path: string;
  /** Remove it at once: nothing more can come into it. */
  clear(): void;
}

/** It is removed at the end, or by the next copy to there. */
export function stage(base: Spot): Staging {
  sweep(base);
  const name = `${STAGING}${crypto.randomUUID()}`;
  Deno.mkdirSync(`${base.path}/${name}`, { mode: 0o700 });
  const spot = base.inner(name);
  const options = { write: true, createNew: true, mode: 0o600 };
  const lock = Deno.openSync(`${spot.path}/lock`, options);
  lock.lockSync(true);
  const staging = {
    path: `${spot.path}/tree`,
    clear: () => clear(base, name),
    [Symbol.dispose]() {
      clear(base, name);
      lock.close();
      spot[Symbol.dispose]();
    },
  };
  try {
    demandOwn(spot, lock);
    Deno.mkdirSync(staging.path, { mode: 0o700 });
    return staging;
  } catch (error) {
    staging[Symbol.dispose]();
    throw error;
  }
}

/** Whoever owns the folder above could have put one of theirs in its place. */
function demandOwn(spot: Spot, lock: Deno.FsFile) {
  const [folder, file] = [Deno.statSync(spot.path), lock.statSync()];
  if (folder.uid === file.uid) return;
  throw new TreeError("failed", "somebody else's folder came in between");
}

/** Remove what copies left that were killed: nobody holds its lock. */
function sweep(base: Spot) {
  for (const { name, isDirectory } of Deno.readDirSync(base.path)) {
    if (!isDirectory || !name.startsWith(STAGING)) continue;
    try {
      using folder = base.inner(name);
      using spot = folder.inner("lock");
      // Opening a pipe would wait for whoever reads it.
      if (!(Deno.statSync(spot.path)).isFile) continue;
      using lock = Deno.openSync(spot.path, { write: true });
      if (lock.tryLockSync(true)) clear(base, name);
    } catch {
      // Another user's, or another copy was quicker.
    }
  }
}

/** Never fails: what cannot be removed now the next copy to there tries. */
function clear(base: Spot, name: string) {
  const remove = () => {
    // Without its lock the rest would be nobody's to sweep.
    removeIfThere(`${base.path}/${name}/tree`);
    Deno.removeSync(`${base.path}/${name}`, { recursive: true });
  };
  try {
    remove();
  } catch {
    try {
      openUp(base, name);
      remove();
    } catch {
      // What was copied, or why it was not, matters more.
    }
  }
}

/** Folders that not even their owner may write to, made so that he may. */
function openUp(above: Spot, name: string) {
  using spot = above.inner(name);
  Deno.chmodSync(spot.path, 0o700);
  for (const entry of Deno.readDirSync(spot.path)) {
    if (entry.isDirectory) openUp(spot, entry.name);
  }
}

function removeIfThere(path: string) {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
