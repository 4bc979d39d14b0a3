/** Where things of a user and of a run lie on the host. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";

/** The user's home. */
export function home(): string {
  return Deno.env.get("HOME") || "/root";
}

/** Configuration and recipes of the user. */
export function configHome(): string {
  return join(
    Deno.env.get("XDG_CONFIG_HOME") || join(home(), ".config"),
    "vms",
  );
}

/** Transcripts of installations; kept until somebody deletes them. */
export function stateHome(): string {
  return join(
    Deno.env.get("XDG_STATE_HOME") || join(home(), ".local/state"),
    "vms",
  );
}

const SHARED = "/run/vms";

/** Where QEMU makes the sockets of the agents' ports. */
export const AGENT_DIRECTORY = "/run/vms/agent";

/** How many can talk to the agent of one VM at a time. */
export const AGENT_PORTS = 8;

/** The socket of one port of a VM. */
export function agentSocket(vm: string, port: number): string {
  return `${AGENT_DIRECTORY}/${vm}.${port}`;
}

/**
 * Locks and seeds of running commands. /run/vms is shared by the members of
 * the libvirt group, so that their commands exclude each other; without it
 * the user's own directory serves.
 */
export function runtimeDirectory(): Promise<string> {
  return found ??= find();
}

let found: Promise<string> | undefined;

async function find(): Promise<string> {
  const candidates = [SHARED];
  const own = Deno.env.get("XDG_RUNTIME_DIR");
  if (own) candidates.push(join(own, "vms"));
  for (const path of candidates) {
    if (await usable(path)) return path;
  }
  throw cannotLock(candidates, await isClosed(SHARED));
}

/** Why none of them serves; `closed` where the shared one keeps us out. */
export function cannotLock(
  candidates: readonly string[],
  closed: boolean,
): Failure {
  const what = "cannot take locks";
  if (closed) {
    const why =
      `${SHARED} is for members of the libvirt group, and closed to you`;
    return new Failure("host", what, why, "vms-doctor");
  }
  const why = `none of ${candidates.join(", ")} can be written to`;
  return new Failure("host", what, why, "vms-doctor --repair");
}

/** True for a folder that is there and that this user cannot look into. */
function isClosed(path: string): Promise<boolean> {
  return Deno.stat(join(path, "lock")).then(
    () => false,
    (error) => error instanceof Deno.errors.PermissionDenied,
  );
}

async function usable(path: string): Promise<boolean> {
  try {
    if (path === SHARED) await share(path);
    await Deno.mkdir(join(path, "lock"), { recursive: true, mode: 0o2770 });
    const probe = await Deno.makeTempFile({ dir: path, prefix: "probe-" });
    await Deno.remove(probe);
    return true;
  } catch {
    return false;
  }
}

/** Made by root at the first need, it is to serve the whole group. */
async function share(path: string) {
  const lock = join(path, "lock");
  if (await Deno.stat(lock).catch(() => undefined)) return;
  const group = /^libvirt:[^:]*:(\d+):/m.exec(
    await Deno.readTextFile("/etc/group"),
  );
  for (const folder of [path, lock]) {
    // Of two at once each makes what the other has not.
    if (!await make(folder)) continue;
    if (group) await Deno.chown(folder, null, Number(group[1]));
    // mkdir(2) takes the umask into account, and chown(2) drops setgid.
    await Deno.chmod(folder, 0o2770);
  }
}

/** False where it is there already. */
async function make(path: string): Promise<boolean> {
  try {
    await Deno.mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
