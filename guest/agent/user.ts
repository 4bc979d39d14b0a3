/** Who programs run as, and with which environment. */

import type { Credentials } from "./credentials.ts";

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin";

/** The VM's user is the first that was made; root where there is none. */
export function readUsers(passwd: string): { root: User; user: User } {
  const all = passwd.split("\n").map((line) => line.split(":"))
    .filter((fields) => fields.length === 7)
    .filter(([, , uid, gid]) => isId(uid) && isId(gid))
    .map(([name, , uid, gid, , home, shell]) => ({
      name: name!,
      uid: Number(uid),
      gid: Number(gid),
      home: home!,
      shell: shell || "/bin/sh",
    }));
  const root = all.find(({ uid }) => uid === 0) ??
    { name: "root", uid: 0, gid: 0, home: "/root", shell: "/bin/sh" };
  return { root, user: all.find(({ uid }) => uid === 1000) ?? root };
}

/** Who somebody is to the kernel, by what the system says now. */
export function credentialsOf(user: User): Credentials {
  const groups = readGroups(Deno.readTextFileSync("/etc/group"), user);
  return { uid: user.uid, gid: user.gid, groups };
}

/** Numbers of the groups that somebody is in: group(5). */
export function readGroups(group: string, { name, gid }: User): number[] {
  const all = group.split("\n").map((line) => line.split(":"))
    .filter(([, , id, members]) =>
      isId(id) && members?.split(",").includes(name)
    )
    .map(([, , number]) => Number(number));
  return [...new Set([gid, ...all])];
}

/** The greatest means none: credentials(7), setresuid(2). */
function isId(text = ""): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;
}

/**
 * What a login would set, and the screen where there is one. Asked at once, as
 * all here: where a processor is emulated a thread for each takes longer.
 */
export function environmentOf(user: User): Record<string, string> {
  const environment: Record<string, string> = {
    HOME: user.home,
    LOGNAME: user.name,
    USER: user.name,
    SHELL: user.shell,
    PATH,
    LANG: Deno.env.get("LANG") ?? "C.UTF-8",
  };
  const runtime = `/run/user/${user.uid}`;
  if (isThere(runtime)) {
    environment.XDG_RUNTIME_DIR = runtime;
    environment.DBUS_SESSION_BUS_ADDRESS = `unix:path=${runtime}/bus`;
  }
  if (isThere("/tmp/.X11-unix/X0")) environment.DISPLAY = ":0";
  return environment;
}

/** The file that a name means; undefined where there is none. */
export function findProgram(name: string, path = PATH): string | undefined {
  const places = name.includes("/")
    ? [name]
    : path.split(":").map((directory) => `${directory}/${name}`);
  for (const place of places) {
    const info = lookAt(place);
    if (info?.isFile && (info.mode! & 0o111)) return place;
  }
}

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    // Not there, or behind what is none's to see.
  }
}

const isThere = (path: string) => lookAt(path) !== undefined;
