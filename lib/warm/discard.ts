/** Ending spares that are of no use any more. */

import type { Connection } from "../libvirt/connection.ts";
import { getDomains, getRunning, listDomains } from "../libvirt/domain.ts";
import { tryLock } from "../lock/lock.ts";
import { versions } from "../template/versions.ts";
import { endDisposable, isUnnamed } from "../disposable/end.ts";

/**
 * End spares, but those that somebody is at work on, or has taken since.
 *
 * @returns the names of those that were ended.
 */
export async function discard(
  connection: Connection,
  names: readonly string[],
): Promise<string[]> {
  const ended: string[] = [];
  for (const name of names.filter(isUnnamed)) {
    using held = await tryLock("vm", name);
    if (!held || !await isSpare(connection, name)) continue;
    await endDisposable(connection, name);
    ended.push(name);
  }
  return ended;
}

async function isSpare(
  { virsh }: Connection,
  name: string,
): Promise<boolean> {
  const [domain] = await getRunning(virsh, [name]);
  return domain?.metadata?.kind === "spare";
}

/** End spares of warm images that are no version's any more, whoever has them. */
export async function endOutdated(connection: Connection): Promise<void> {
  const { virsh } = connection;
  if (!virsh.local) return;
  const list = await listDomains(virsh);
  const spares = await getRunning(
    virsh,
    list.filter(({ kind }) => kind === "spare").map(({ name }) => name),
  );
  const named = versions(list).map(({ name }) => name);
  const current = (await getDomains(virsh, named))
    .map(({ metadata }) => metadata?.warm?.id);
  const old = spares.filter(({ metadata }) =>
    !current.includes(metadata?.fork)
  );
  await discard(connection, old.map(({ name }) => name));
}
