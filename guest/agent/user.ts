/** Who programs run as, and with which environment. */

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

/**
 * The words that run a program as somebody: setpriv(1), and no other one that
 * the program's own PATH leads to, as it is still root that runs it.
 */
export async function asUser({ uid, gid }: User): Promise<string[]> {
  if (uid === 0) return [];
  return [
    await findProgram("setpriv") ?? "/usr/bin/setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--init-groups",
    "--inh-caps=-all",
    "--",
  ];
}

/** What a login would set, and the screen where there is one. */
export async function environmentOf(
  user: User,
): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    HOME: user.home,
    LOGNAME: user.name,
    USER: user.name,
    SHELL: user.shell,
    PATH,
    LANG: Deno.env.get("LANG") ?? "C.UTF-8",
  };
  const runtime = `/run/user/${user.uid}`;
  if (await isThere(runtime)) {
    environment.XDG_RUNTIME_DIR = runtime;
    environment.DBUS_SESSION_BUS_ADDRESS = `unix:path=${runtime}/bus`;
  }
  if (await isThere("/tmp/.X11-unix/X0")) environment.DISPLAY = ":0";
  return environment;
}

/** The file that a name means; undefined where there is none. */
export async function findProgram(
  name: string,
  path = PATH,
): Promise<string | undefined> {
  const places = name.includes("/")
    ? [name]
    : path.split(":").map((directory) => `${directory}/${name}`);
  for (const place of places) {
    const info = await Deno.stat(place).catch(() => undefined);
    if (info?.isFile && (info.mode! & 0o111)) return place;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
