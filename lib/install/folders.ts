/** The folders of one installation: those that its guest is given, and what is kept of them. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory, stateHome } from "../config/places.ts";
import { bytesAtEnd } from "./guest_file.ts";

/** As root, the guest writes to all of them whatever it likes. */
export interface GuestFolders {
  /** What the others lie in. */
  path: string;
  seed: string;
  log: string;
}

/** Bytes of a log that are kept: its end tells what went wrong. */
const LARGEST = 4 * 2 ** 20;

/**
 * Make them anew in the runtime directory: what lies below /run is nosuid and
 * nodev. The caller holds the lock of what is installed, so what is there was
 * left by a command that was killed.
 *
 * @throws {Failure} `conflict` where that cannot be removed.
 */
export async function makeGuestFolders(
  domain: string,
  directory?: string,
): Promise<GuestFolders> {
  directory ??= await runtimeDirectory();
  const path = join(directory, `install-${domain}`);
  await removeOld(path, domain);
  const folders = { path, seed: join(path, "seed"), log: join(path, "log") };
  // Not recursive: it fails where somebody else makes it meanwhile.
  await Deno.mkdir(path, { mode: 0o700 });
  await Deno.mkdir(folders.seed, { mode: 0o755 });
  await Deno.mkdir(folders.log, { mode: 0o700 });
  return folders;
}

/** Of a link, the link goes and not what it leads to. */
async function removeOld(path: string, domain: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new Failure(
      "conflict",
      `cannot install: what a killed command left of ${domain} is in the way`,
      (error as Error).message,
      "vms-doctor --repair",
    );
  }
}

/** Remove them; vms-doctor finds what the guest has made so that it stays. */
export async function removeGuestFolders(
  { path }: GuestFolders,
): Promise<void> {
  await Deno.remove(path, { recursive: true });
}

/** Make the folder that keeps transcript and logs: no guest has it. */
export async function makeLogFolder(domain: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  const path = join(stateHome(), "log", `${time}-${domain}`);
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

/**
 * Copy the logs of these steps out of the guest's folder: the ends of regular
 * files, as files of the caller's own. Whatever else is there is left.
 */
export async function keepLogs(
  from: string,
  to: string,
  steps: readonly string[],
): Promise<void> {
  for (const step of steps) {
    const name = `${step}.log`;
    const end = await bytesAtEnd(join(from, name), LARGEST)
      .catch(() => undefined);
    if (end === undefined) continue;
    const how = { createNew: true, mode: 0o600 };
    await Deno.writeFile(join(to, name), end, how);
  }
}
