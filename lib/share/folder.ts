/** Folders of the host that may be given to a VM. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { printable } from "../names/names.ts";

/** Places below home with what opens other doors. */
const SECRETS = [
  ".ssh",
  ".gnupg",
  ".password-store",
  ".local/share/keyrings",
  ".local/share/kwalletd",
  ".aws",
  ".azure",
  ".docker",
  ".kube",
  ".config/gcloud",
  ".config/gh",
  // Browsers and letters: passwords and sessions.
  ".mozilla",
  ".thunderbird",
  ".config/BraveSoftware",
  ".config/chromium",
  ".config/google-chrome",
  ".config/microsoft-edge",
  ".config/mozilla",
  ".config/vivaldi",
  ".var/app",
];

/** What the system itself is made of. */
const SYSTEM = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/sys",
  "/usr",
  "/var",
];

/** Belong to nobody alone; what lies in them can be shared. */
const COMMON_GROUND = ["/home", "/media", "/mnt", "/opt", "/srv", "/tmp"];

export interface FolderRules {
  /** The caller's home. */
  home: string;
  /** Directory of the images. */
  images: string;
  /** Where vms keeps passwords of VMs, and what was done with them. */
  state: string;
}

/** Why a folder, its links resolved, is not given away; undefined if it may. */
export function refusal(
  folder: string,
  { home, images, state }: FolderRules,
): string | undefined {
  const secrets = [state, ...SECRETS.map((one) => join(home, one))];
  if (folder === "/") return "it is the whole system";
  if (folder === home) return "it is your home";
  if (within(home, folder)) return "your home lies in it";
  for (const secret of secrets) {
    if (within(folder, secret)) return `it lies in ${secret}`;
    if (within(secret, folder)) return `${secret} lies in it`;
  }
  if (within(folder, images) || within(images, folder)) {
    return "the disks of VMs lie there";
  }
  if (within(folder, home)) return;
  const system = SYSTEM.find((one) => within(folder, one));
  if (system) return `it lies in ${system}, which belongs to the system`;
  if (COMMON_GROUND.includes(folder)) return "it belongs to everybody";
}

/** What a VM writes belongs to the folder's owner: why it may not be let. */
export function refusalToWrite(
  owner: number | null,
  uid: number | null,
  group?: number | null,
): string | undefined {
  if (owner === 0) return "it is root's, and so would be what the VM writes";
  if (group === 0) {
    return "its group is root's, and so would be that of what the VM writes";
  }
  if (owner === uid || uid === 0) return;
  return "it is not yours, and what the VM writes would be its owner's";
}

/** True where `path` is `folder` or lies below it. */
function within(path: string, folder: string): boolean {
  const edge = folder.endsWith("/") ? folder : `${folder}/`;
  return path === folder || path.startsWith(edge);
}

/**
 * The folder that a word means, with all links resolved.
 *
 * @throws {Failure} `missing`; `conflict` for what is no folder, or what is
 * not given away unless that is forced.
 */
export async function resolveFolder(
  word: string,
  { rules, rw, force, uid }: {
    rules: FolderRules;
    rw: boolean;
    force: boolean;
    /** Of the caller. */
    uid: number | null;
  },
): Promise<string> {
  const refuse = (why: string, hint?: string) =>
    new Failure("conflict", `cannot share ${printable(word)}`, why, hint);
  const path = await realPath(word);
  const { isDirectory, uid: owner, gid } = await Deno.stat(path);
  if (!isDirectory) throw refuse("it is not a folder");
  // deno-lint-ignore no-control-regex
  if (/[,\x00-\x1f\x7f]/.test(path)) {
    throw refuse("virtiofsd takes no comma and no control character in a name");
  }
  await readable(path, word);
  if (force) return path;
  const why = refusal(path, rules) ??
    (rw ? refusalToWrite(owner, uid, gid) : "");
  if (why) throw refuse(`${why}; --force does it nevertheless`);
  return path;
}

async function realPath(word: string): Promise<string> {
  try {
    return await Deno.realPath(word);
  } catch (error) {
    throw new Failure(
      error instanceof Deno.errors.NotFound ? "missing" : "failed",
      `cannot share ${printable(word)}`,
      error instanceof Deno.errors.NotFound
        ? "there is no such folder"
        : printable((error as Error).message),
    );
  }
}

/** libvirt reads it as root: what the caller cannot read is not theirs to give. */
async function readable(path: string, word: string) {
  try {
    for await (const _ of Deno.readDir(path)) break;
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    const what = `cannot share ${printable(word)}`;
    throw new Failure("conflict", what, "you may not read it yourself");
  }
}
