/**
 * This thread, and no other of the process, is somebody: credentials(7). The C
 * library's own names for these calls change the whole process.
 */

import { text } from "./libc.ts";
import { errno, libc, meaning } from "./libc_calls.ts";
import type { User } from "./user.ts";

/** clone(2): the working directory is the thread's own. */
const CLONE_FS = 0x200;
/** <asm/unistd_64.h>. */
const SYS_GETGROUPS = 115n;
const SYS_SETGROUPS = 116n;
const SYS_SETRESUID = 117n;
const SYS_SETRESGID = 119n;

/** Who somebody is to the kernel. */
export type Credentials = Pick<User, "uid" | "gid"> & {
  /** All that the user is in. */
  groups: number[];
};

/**
 * Be somebody at home from now on, for whatever is asked of the kernel. Its real
 * user stays who the process is: the others of that user can neither signal it
 * nor set its limits, which are the whole process's.
 */
export function becomeUser(user: Credentials, home: string) {
  demand("unshare", libc().unshare(CLONE_FS));
  demand(`enter ${home}`, libc().chdir(text(home)));
  const own = Deno.uid()!;
  if (user.uid !== own) take(user, own, own);
}

/**
 * Be somebody while this is done, which waits for nothing. A program that is
 * started is his alone: of root it keeps nothing when it is loaded, execve(2).
 * For that moment he could end this process.
 */
export function asUser<T>(user: Credentials, work: () => T): T {
  const own = Deno.uid()!;
  if (user.uid === own) return work();
  const before = { uid: own, gid: Deno.gid()!, groups: ownGroups() };
  try {
    take(user, user.uid, own);
    return work();
  } finally {
    giveUp(before);
  }
}

/** The groups first: only root may choose them. */
function take({ uid, gid, groups }: Credentials, real: number, saved: number) {
  setGroups(groups);
  setGroup(gid);
  setUser(real, uid, saved);
}

/** Half somebody else nothing may go on. */
function giveUp({ uid, gid, groups }: Credentials) {
  try {
    setUser(uid, uid, uid);
    setGroup(gid);
    setGroups(groups);
  } catch {
    Deno.exit(1);
  }
}

function setUser(...ids: [real: number, effective: number, saved: number]) {
  const [r, e, s] = ids.map(BigInt);
  demand("set the user", libc().setIds(SYS_SETRESUID, r!, e!, s!));
}

function setGroup(gid: number) {
  const g = BigInt(gid);
  demand("set the group", libc().setIds(SYS_SETRESGID, g, g, g));
}

function setGroups(groups: number[]) {
  const list = new Uint32Array(groups);
  const size = BigInt(list.length);
  const done = libc().syscall(SYS_SETGROUPS, size, list, list, 0n);
  demand("set groups", done);
}

function ownGroups(): number[] {
  const ask = (list: Uint32Array<ArrayBuffer>) => {
    const size = BigInt(list.length);
    const count = libc().syscall(SYS_GETGROUPS, size, list, list, 0n);
    demand("see groups", count);
    return count;
  };
  // With room for none it only counts.
  const list = new Uint32Array(ask(new Uint32Array(0)));
  return [...list.subarray(0, ask(list))];
}

function demand(what: string, result: number) {
  if (result < 0) throw new Error(`cannot ${what}: ${meaning(errno())}`);
}
