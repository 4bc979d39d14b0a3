/** The hidden folder beside a target in which a copy is put together. */

import { type Spot, TreeError } from "./tree.ts";

const STAGING = ".vms-part-";

export interface Staging extends AsyncDisposable {
  /** An empty folder that nobody else knows of. */
  path: string;
}

/** It is removed at the end, or by the next copy to there. */
export async function stage(base: Spot): Promise<Staging> {
  await sweep(base);
  const name = `${STAGING}${crypto.randomUUID()}`;
  await Deno.mkdir(`${base.path}/${name}`, { mode: 0o700 });
  const spot = base.inner(name);
  const options = { write: true, createNew: true, mode: 0o600 };
  const lock = await Deno.open(`${spot.path}/lock`, options);
  await lock.lock(true);
  const staging = {
    path: `${spot.path}/tree`,
    async [Symbol.asyncDispose]() {
      await clear(base, name);
      lock.close();
      spot[Symbol.dispose]();
    },
  };
  try {
    await demandOwn(spot, lock);
    await Deno.mkdir(staging.path, { mode: 0o700 });
    return staging;
  } catch (error) {
    await staging[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whoever owns the folder above could have put one of theirs in its place. */
async function demandOwn(spot: Spot, lock: Deno.FsFile) {
  const [folder, file] = [await Deno.stat(spot.path), await lock.stat()];
  if (folder.uid === file.uid) return;
  throw new TreeError("failed", "somebody else's folder came in between");
}

/** Remove what copies left that were killed: nobody holds its lock. */
async function sweep(base: Spot) {
  for await (const { name, isDirectory } of Deno.readDir(base.path)) {
    if (!isDirectory || !name.startsWith(STAGING)) continue;
    try {
      using folder = base.inner(name);
      using spot = folder.inner("lock");
      // Opening a pipe would wait for whoever reads it.
      if (!(await Deno.stat(spot.path)).isFile) continue;
      using lock = await Deno.open(spot.path, { write: true });
      if (await lock.tryLock(true)) await clear(base, name);
    } catch {
      // Another user's, or another copy was quicker.
    }
  }
}

/** Never fails: what cannot be removed now the next copy to there tries. */
async function clear(base: Spot, name: string) {
  const remove = async () => {
    // Without its lock the rest would be nobody's to sweep.
    await Deno.remove(`${base.path}/${name}/tree`, { recursive: true })
      .catch(ignoreMissing);
    await Deno.remove(`${base.path}/${name}`, { recursive: true });
  };
  try {
    await remove();
  } catch {
    try {
      await openUp(base, name);
      await remove();
    } catch {
      // What was copied, or why it was not, matters more.
    }
  }
}

/** Folders that not even their owner may write to, made so that he may. */
async function openUp(above: Spot, name: string) {
  using spot = above.inner(name);
  await Deno.chmod(spot.path, 0o700);
  for await (const entry of Deno.readDir(spot.path)) {
    if (entry.isDirectory) await openUp(spot, entry.name);
  }
}

function ignoreMissing(error: unknown) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
