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

/** Most groups that anybody is in: NGROUPS_MAX. */
const MOST_GROUPS = 65536;

/** Who somebody is to the kernel. */
export type Credentials = Pick<User, "uid" | "gid"> & {
  /** All that the user is in. */
  groups: number[];
};

/** Be somebody at home from now on; nothing of root is kept. */
export function becomeUser(user: Credentials, home: string) {
  demand("unshare", libc().unshare(CLONE_FS));
  demand(`enter ${home}`, libc().chdir(text(home)));
  if (user.uid !== Deno.uid()) take(user, user.uid);
}

/**
 * Be somebody while this is done, which waits for nothing. A program that is
 * started is his alone: of root it keeps nothing when it is loaded, execve(2).
 */
export function asUser<T>(user: Credentials, work: () => T): T {
  const uid = Deno.uid()!;
  if (user.uid === uid) return work();
  const before = { uid, gid: Deno.gid()!, groups: ownGroups() };
  try {
    take(user, uid);
    return work();
  } finally {
    giveUp(before);
  }
}

/** The groups first: only root may choose them. */
function take({ uid, gid, groups }: Credentials, saved: number) {
  setGroups(groups);
  setGroup(gid);
  setUser(uid, saved);
}

/** Half somebody else nothing may go on. */
function giveUp({ uid, gid, groups }: Credentials) {
  try {
    setUser(uid, uid);
    setGroup(gid);
    setGroups(groups);
  } catch {
    Deno.exit(1);
  }
}

function setUser(uid: number, saved: number) {
  const [u, s] = [BigInt(uid), BigInt(saved)];
  demand("set the user", libc().setIds(SYS_SETRESUID, u, u, s));
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
  const list = new Uint32Array(MOST_GROUPS);
  const size = BigInt(list.length);
  const count = libc().syscall(SYS_GETGROUPS, size, list, list, 0n);
  demand("see groups", count);
  return [...list.subarray(0, count)];
}

function demand(what: string, result: number) {
  if (result < 0) throw new Error(`cannot ${what}: ${meaning(errno())}`);
}
