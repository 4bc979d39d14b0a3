/** What a check is given, and what it is. */

import { Failure } from "../command/failure.ts";
import type { Config } from "../config/config.ts";
import type { Connection } from "../libvirt/connection.ts";
import { look } from "../libvirt/virsh.ts";
import { type Lock, tryLock } from "../lock/lock.ts";
import type { Run } from "../process/run.ts";
import type { Problem } from "./finding.ts";

/** This machine, as far as libvirt does not tell. */
export interface Host {
  /** Put before every path; empty but in tests. */
  root: string;
  /** Of this process, and the user that it is for: who called sudo. */
  uid: number;
  sudoUser?: string;
  /** Release of the kernel, such as `6.18.3-arch1-1`. */
  kernel: string;
  /** Milliseconds since 1970. */
  now: number;
  /** A runtime directory beside /run/vms, of this user alone. */
  ownRuntime?: string;
}

export interface Exam extends Connection {
  run: Run;
  host: Host;
  config: Config;
  /** VMs of which even what cannot be told from data is removed. */
  names: readonly string[];
}

/** Where a check can be made at all. */
export type Need =
  /** libvirt and its files are on this machine. */
  | "local"
  /** systemd runs this machine. */
  | "systemd"
  /** libvirt answers. */
  | "libvirt"
  /** The same, and the storage pool is active. */
  | "pool"
  /** Locks can be taken. */
  | "locks";

export interface Check {
  id: string;
  /** Said with `--all` where nothing is wrong. */
  fine: string;
  needs: readonly Need[];
  /** What is wrong; nothing is changed. */
  examine(exam: Exam): Promise<Problem[]>;
}

/** Why libvirt cannot be reached; undefined where it can. */
export async function unreachable({ virsh }: Exam): Promise<
  string | undefined
> {
  try {
    const answer = await virsh.try(look("uri"));
    return answer.ok ? undefined : answer.error;
  } catch (error) {
    if (error instanceof Failure) return error.why;
    throw error;
  }
}

/** True for what is there. Links are followed. */
export async function isThere(
  { host }: Pick<Exam, "host">,
  path: string,
): Promise<boolean> {
  return await Deno.stat(host.root + path).then(() => true, () => false);
}

/** The text of a file; empty where it cannot be read. */
export async function textIn(
  { host }: Pick<Exam, "host">,
  path: string,
): Promise<string> {
  return await Deno.readTextFile(host.root + path).catch(() => "");
}

/** True where systemd runs this machine: sd_booted(3). */
export async function hasSystemd(exam: Exam): Promise<boolean> {
  return await isThere(exam, "/run/systemd/system");
}

/** Run `work` unless a command is at work on that VM or template. */
export async function undisturbed<T>(
  name: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  using vm: Lock | undefined = await tryLock("vm", name);
  if (!vm) return;
  using template: Lock | undefined = await tryLock("template", name);
  if (!template) return;
  return await work();
}
