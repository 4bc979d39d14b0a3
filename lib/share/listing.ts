/** Which folders VMs have, or get when they start. */

import { Failure } from "../command/failure.ts";
import {
  active,
  dump,
  findListed,
  listDomains,
  type Listed,
  readDomain,
} from "../libvirt/domain.ts";
import type { ShareRecord } from "../libvirt/metadata.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { printable } from "../names/names.ts";
import { sharesIn } from "./attachment.ts";
import { isWritable } from "./daemon.ts";

/** A folder that a VM has, or gets. */
export interface Share {
  vm: string;
  folder: string;
  /** In the guest. */
  path: string;
  writable: boolean;
  /** The VM has it now. */
  attached: boolean;
  /** It gets it whenever vms-start starts it. */
  kept: boolean;
  /** True where the folder is on the host no longer. */
  gone: boolean;
}

/** All shares of one VM, or of all VMs. */
export async function listShares(
  virsh: Virsh,
  vm: string | undefined,
): Promise<Share[]> {
  const list = await listDomains(virsh);
  const wanted = vm === undefined
    ? list.filter(({ kind }) => kind === "appvm" || kind === "disposable")
    : [findListed(list, vm)];
  const all = await Promise.all((await sharesOf(virsh, wanted)).map(
    async (share) => ({ ...share, gone: await isGone(virsh, share.folder) }),
  ));
  return all;
}

async function sharesOf(
  virsh: Virsh,
  wanted: readonly Listed[],
): Promise<Omit<Share, "gone">[]> {
  const calls = wanted.flatMap(({ name, state }) => [
    dump(name, true),
    dump(name, !active(state)),
  ]);
  const answers = await virsh.batch(calls);
  return wanted.flatMap(({ name, state }, i) => {
    const [kept, now] = [answers[2 * i]!, answers[2 * i + 1]!];
    // One that vanished between two calls is not there.
    if (!kept.ok || !now.ok) return [];
    const records = readDomain(kept.stdout).metadata?.shares ?? [];
    return merged(name, records, active(state) ? now.stdout : undefined);
  });
}

function merged(
  vm: string,
  records: readonly ShareRecord[],
  xml: string | undefined,
): Omit<Share, "gone">[] {
  const attached = (xml === undefined ? [] : sharesIn(xml)).map((
    { tag, directory, daemon },
  ) => ({
    vm,
    folder: directory,
    path: tag,
    writable: isWritable(daemon),
    attached: true,
    kept: records.some(({ path, folder }) =>
      path === tag && folder === directory
    ),
  }));
  const others = records.filter(({ path }) =>
    !attached.some((one) => one.path === path)
  ).map((record) => ({ vm, ...record, attached: false, kept: true }));
  return [...attached, ...others];
}

/** Whether a folder is on the host no longer; unknown is not gone. */
export async function isGone(
  { local }: Virsh,
  folder: string,
): Promise<boolean> {
  if (!local) return false;
  try {
    return !(await Deno.stat(folder)).isDirectory;
  } catch (error) {
    return saysGone(error);
  }
}

/** Whether an error says that a path leads nowhere, and not that it is hidden. */
export function saysGone(error: unknown): boolean {
  const { NotFound, NotADirectory, FilesystemLoop } = Deno.errors;
  return [NotFound, NotADirectory, FilesystemLoop].some((one) =>
    error instanceof one
  );
}

/**
 * Those that a word, or what it resolves to, means: a path in the VM or a
 * folder of the host. Without a word all of them.
 *
 * @throws {Failure} `missing`, where there is none.
 */
export function findShares(
  shares: readonly Share[],
  { vm, words }: { vm: string; words: (string | undefined)[] },
): Share[] {
  const given = words.filter((word) => word !== undefined)
    .map((word) => word.replace(/(.)\/+$/, "$1"));
  if (given.length === 0) return [...shares];
  const by = (pick: (share: Share) => string) =>
    shares.filter((share) => given.includes(pick(share)));
  const inVm = by(({ path }) => path);
  const found = inVm.length > 0 ? inVm : by(({ folder }) => folder);
  if (found.length > 0) return found;
  throw new Failure(
    "missing",
    `cannot remove ${printable(given[0]!)}`,
    `it is not shared with "${vm}"`,
    `vms-share list ${vm}`,
  );
}
