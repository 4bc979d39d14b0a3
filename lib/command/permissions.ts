/**
 * What Deno lets a command do, made from what it declares to need:
 * https://docs.deno.com/runtime/fundamentals/configuration/#permissions
 */

import type { Command } from "./declaration.ts";

/** An entry of `permissions` in deno.json. What is left out is refused. */
export interface PermissionSet {
  /** Settings and recipes lie where the user's own variables say. */
  read: true;
  /** `true` where a directory depends on whose home it is. */
  write: true | string[];
  /** Programs, looked up on PATH. */
  run: string[];
  env: string[];
  /** `true` for all hosts: mirrors are a setting. */
  net: boolean;
  /** Kinds of information on the host, such as `uid`. */
  sys: string[];
}

/** Variables read by settings, places and messages: lib/config, main.ts. */
const ENV = [
  "HOME",
  "LIBVIRT_DEFAULT_URI",
  "NO_COLOR",
  "XDG_CONFIG_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
];

/** Where locks are taken: `runtimeDirectory()` in lib/config/places.ts. */
const LOCKS = ["/run/user", "/run/vms"];

/** The set of one command. */
export function permissionSet(
  { needs }: Pick<Command, "needs">,
): PermissionSet {
  const write = needs.write ?? [];
  return {
    read: true,
    write: write.some((path) => path.startsWith("~"))
      ? true
      : sorted([...LOCKS, ...write]),
    run: sorted(needs.run ?? []),
    env: sorted([...ENV, ...needs.env ?? []]),
    net: needs.net ?? false,
    sys: sorted(needs.sys ?? []),
  };
}

/** What all of them need together: the compiled toolkit starts with it. */
export function union(sets: readonly PermissionSet[]): PermissionSet {
  const all = (pick: (set: PermissionSet) => string[]) =>
    sorted(sets.flatMap(pick));
  return {
    read: true,
    write: sets.some(({ write }) => write === true)
      ? true
      : all(({ write }) => write as string[]),
    run: all(({ run }) => run),
    env: all(({ env }) => env),
    net: sets.some(({ net }) => net),
    sys: all(({ sys }) => sys),
  };
}

/**
 * Give up for good what `have` allows and `keep` does not. Writing everywhere
 * can only be given up as a whole.
 */
export function giveUp(have: PermissionSet, keep: PermissionSet): void {
  const revoke = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.revokeSync(descriptor);
  const more = (had: string[], kept: string[]) =>
    had.filter((one) => !kept.includes(one));
  for (const command of more(have.run, keep.run)) {
    revoke({ name: "run", command });
  }
  for (const variable of more(have.env, keep.env)) {
    revoke({ name: "env", variable });
  }
  for (const kind of more(have.sys, keep.sys)) {
    revoke({ name: "sys", kind: kind as "uid" });
  }
  if (have.net && !keep.net) revoke({ name: "net" });
  giveUpWriting(have.write, keep.write);
}

function giveUpWriting(
  have: PermissionSet["write"],
  keep: PermissionSet["write"],
) {
  if (keep === true) return;
  if (have === true) {
    if (keep.length === 0) Deno.permissions.revokeSync({ name: "write" });
    return;
  }
  for (const path of have.filter((one) => !keep.includes(one))) {
    Deno.permissions.revokeSync({ name: "write", path });
  }
}

function sorted(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}
