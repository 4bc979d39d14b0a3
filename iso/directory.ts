/** The directory that ISOs are kept in. */

import { Failure } from "../lib/command/failure.ts";
import { humanSize } from "../lib/names/values.ts";
import type { Run } from "../lib/process/run.ts";

/** @throws {Failure} `host`, where it cannot be made or written to. */
export async function makeDirectory(
  directory: string,
  what: string,
): Promise<void> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: directory }));
  } catch (error) {
    throw new Failure(
      "host",
      what,
      `cannot write to ${directory}: ${reason(error)}`,
      "vms-doctor",
    );
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) throw error;
  return error instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    : (error as Error).message.split(":")[0]!;
}

/**
 * One fetch at a time: flock(2) on the directory itself leaves no file behind,
 * and holds between users with runtime directories of their own.
 */
export async function lockDirectory(
  directory: string,
  waiting: () => void,
): Promise<Disposable> {
  const file = await Deno.open(directory);
  if (!await file.tryLock(true)) {
    waiting();
    await file.lock(true);
  }
  return file;
}

/** @throws {Failure} `failed`, where less than `missing` bytes are free. */
export async function needRoom(
  run: Run,
  directory: string,
  { what, missing }: { what: string; missing: number },
): Promise<void> {
  const argv = ["df", "--output=avail", "--block-size=1", "--", directory];
  const { stdout } = await run(argv, { changes: false });
  const free = Number(stdout.trim().split("\n").at(-1));
  if (!(free < missing)) return;
  throw new Failure(
    "failed",
    what,
    `${directory} has ${humanSize(free)} left, ${
      humanSize(missing)
    } are needed`,
    "vms-iso list",
  );
}
