/** Deleting warm images that are not wanted any more. */

import { layersOn } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, getDomain, getDomains } from "../libvirt/domain.ts";
import { withMetadata } from "../libvirt/edit_xml.ts";
import { tryLock } from "../lock/lock.ts";
import { readWarmVolume } from "./image.ts";

/** Let a version have none; VMs that were forked from it are left alone. */
export async function dropWarm(
  connection: Connection,
  version: string,
): Promise<void> {
  const { virsh } = connection;
  const { xml, metadata } = await getDomain(virsh, version);
  if (metadata?.warm) {
    const text = withMetadata(xml, { ...metadata, warm: undefined });
    await virsh.must(`cannot drop the warm image of ${version}`, define(text));
  }
  await sweepWarm(connection, version);
}

/**
 * Delete what belongs to no version's warm image. The disk of one that VMs rest
 * on stays until they are gone.
 *
 * @param held the version whose lock the caller holds; one that another command
 * works on is left alone.
 */
export async function sweepWarm(
  connection: Connection,
  held?: string,
): Promise<void> {
  const { virsh, pool } = connection;
  await virsh.try(pool.refresh());
  const found = (await pool.volumes()).map(({ name }) => readWarmVolume(name));
  const names = new Set(found.flatMap((own) => own ? [own.version] : []));
  for (const version of names) {
    using lock = version === held ? undefined : await tryLock("warm", version);
    if (lock || version === held) await sweepOne(connection, version);
  }
}

async function sweepOne({ virsh, pool }: Connection, version: string) {
  const [domain] = await getDomains(virsh, [version]);
  const current = domain?.metadata?.warm?.id;
  const all = await pool.volumes();
  const old = all.filter(({ name, path }) => {
    const own = readWarmVolume(name);
    return own?.version === version && own.id !== current &&
      layersOn(all, path).length === 0;
  });
  await virsh.batch(old.map(({ name }) => pool.delete(name)));
}
