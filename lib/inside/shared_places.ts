/**
 * Places of this host that VMs write to while something is copied there: what
 * was judged could be another file the next moment.
 */

import type { Target } from "../../guest/agent/tree_receive.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active, dump, listDomains } from "../libvirt/domain.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { sharesIn } from "../share/attachment.ts";
import { isWritable } from "../share/daemon.ts";
import { printable } from "../names/names.ts";
import type { Copy } from "./copy_words.ts";

/**
 * Refuse paths of this host in which a VM can put links while they are copied;
 * with `force` only say so.
 *
 * @throws {Failure} `conflict`.
 */
export async function demandOurs(
  { virsh }: Connection,
  { warn }: Context,
  { from, to }: Copy,
  paths: readonly string[],
  { force }: { force: boolean },
): Promise<void> {
  const found = await findShared(await writableFolders(virsh), paths);
  if (!found) return;
  const { vm, folder } = found;
  const why = `"${vm}" can put links in ${printable(folder)} meanwhile`;
  if (force) return warn(why);
  const what = `cannot copy ${from.text} to ${to.text}`;
  throw new Failure("conflict", what, why, `vms-share list ${vm}`);
}

/** The places of this host that a copy writes: a new name, or some in a folder. */
export function placesAt(
  path: string,
  { name }: Pick<Target, "name">,
  asked: readonly string[],
): string[] {
  return name === undefined ? asked.map((item) => `${path}/${item}`) : [path];
}

/** A folder of this host, and a VM that may write to it now. */
export interface SharedFolder {
  vm: string;
  folder: string;
}

/** All of them. */
export async function writableFolders(virsh: Virsh): Promise<SharedFolder[]> {
  // Another host's folders are not of this one.
  if (!virsh.local) return [];
  const all = await listDomains(virsh);
  const on = all.filter(({ state }) => active(state));
  const answers = await virsh.batch(on.map(({ name }) => dump(name)));
  // One that vanished between two calls writes nowhere any more.
  return answers.flatMap((answer, i) =>
    answer.ok
      ? sharesIn(answer.stdout).filter(({ daemon }) => isWritable(daemon))
        .map(({ directory }) => ({ vm: on[i]!.name, folder: directory }))
      : []
  );
}

/**
 * The first of them that a VM can change what is copied in.
 *
 * @param paths where is read or written; all below them is, too.
 */
export async function findShared(
  shared: readonly SharedFolder[],
  paths: readonly string[],
): Promise<SharedFolder | undefined> {
  for (const path of shared.length > 0 ? paths : []) {
    const way = await wayTo(path);
    const found = shared.find(({ folder }) =>
      way.some((place) => lies(place, folder)) || lies(folder, way.at(-1)!)
    );
    if (found) return found;
  }
}

/** True where a path is a folder's, or lies in it. */
function lies(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}

/** As many links as the system follows. */
const MOST_LINKS = 40;

/**
 * Each place that leads to a path, itself as the last one: a guest may have
 * made any link in between, so the end alone says nothing.
 */
export async function wayTo(path: string): Promise<string[]> {
  let at = "/";
  const way = [at];
  const left = (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`)
    .split("/");
  for (let links = 0; left.length > 0;) {
    const part = left.shift()!;
    if (part === "" || part === ".") continue;
    const next = part === ".."
      ? at.slice(0, at.lastIndexOf("/")) || "/"
      : `${at === "/" ? "" : at}/${part}`;
    way.push(next);
    const link = await Deno.readLink(next).catch(() => undefined);
    if (link === undefined || ++links > MOST_LINKS) at = next;
    else {
      left.unshift(...link.split("/"));
      if (link.startsWith("/")) at = "/";
    }
  }
  return [...way, at];
}
