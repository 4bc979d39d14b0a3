/**
 * The QEMU process of a domain on this machine. libvirt's API does not tell
 * which it is; libvirt itself remembers it by a file: `stateDir` in its
 * src/qemu/qemu_conf.c.
 */

import { join } from "@std/path/posix/join";
import type { Virsh } from "./virsh.ts";

/** Undefined where the domain has none that can be known for sure. */
export type Pids = Map<string, number>;

/**
 * Process ids by the domain's UUID. Only libvirt's own file is believed, as
 * anybody may start a program that calls itself QEMU; and only as long as the
 * process of that number was started with that UUID.
 */
export async function qemuPids(
  virsh: Virsh,
  domains: readonly { name: string; uuid: string }[],
): Promise<Pids> {
  const read = await Promise.all(domains.map(async ({ name, uuid }) => {
    const pid = await pidIn(pidFile(virsh.uri, name));
    return pid === undefined ? [] : [{ uuid, pid }];
  }));
  const said = read.flat();
  const words = await startedWith(virsh, said);
  const sure = said.filter(({ uuid, pid }) => words.get(pid)?.has(uuid));
  return new Map(sure.map(({ uuid, pid }) => [uuid, pid]));
}

/** Undefined for connections that keep it in no known place. */
function pidFile(uri: string, name: string): string | undefined {
  const [, kind] =
    /^qemu(?:\+unix)?:\/\/\/(system|session)(?:\?|$)/.exec(uri) ?? [];
  if (kind === "system") return `/run/libvirt/qemu/${name}.pid`;
  const own = Deno.env.get("XDG_RUNTIME_DIR");
  return kind && own && join(own, "libvirt/qemu/run", `${name}.pid`);
}

async function pidIn(path?: string): Promise<number | undefined> {
  if (!path) return;
  const text = await Deno.readTextFile(path).catch(() => "");
  return /^[1-9]\d{0,9}$/.test(text.trim()) ? Number(text) : undefined;
}

/** Which of the UUIDs stand as words in the command lines, by process id. */
async function startedWith(
  { run }: Virsh,
  said: readonly { uuid: string; pid: number }[],
): Promise<Map<number, Set<string>>> {
  const found = new Map<number, Set<string>>();
  if (said.length === 0) return found;
  const { stdout } = await run([
    ...["grep", "-HszxF"],
    ...said.flatMap(({ uuid }) => ["-e", uuid]),
    "--",
    ...said.map(({ pid }) => `/proc/${pid}/cmdline`),
  ], { changes: false, ok: [0, 1, 2] });
  for (const line of stdout.split("\0")) {
    const [, pid, uuid] = /^\/proc\/(\d+)\/cmdline:(.*)$/.exec(line) ?? [];
    if (!uuid) continue;
    const words = found.get(Number(pid)) ?? new Set();
    found.set(Number(pid), words.add(uuid));
  }
  return found;
}
