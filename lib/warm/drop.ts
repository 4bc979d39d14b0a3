/** Deleting warm images that are not wanted any more. */

import { layersOn } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, getDomain } from "../libvirt/domain.ts";
import { withMetadata } from "../libvirt/edit_xml.ts";
import { readWarmVolume } from "./image.ts";

/**
 * Delete the warm images of a version but the one of that ID. The disk of one
 * that VMs rest on stays until they are gone.
 */
export async function dropWarm(
  { virsh, pool }: Connection,
  version: string,
  keep?: string,
): Promise<void> {
  if (keep === undefined) {
    const { xml, metadata } = await getDomain(virsh, version);
    if (metadata?.warm) {
      const text = withMetadata(xml, { ...metadata, warm: undefined });
      await virsh.must(
        `cannot drop the warm image of ${version}`,
        define(text),
      );
    }
  }
  await virsh.try(pool.refresh());
  const all = await pool.volumes();
  const old = all.filter(({ name, path }) => {
    const own = readWarmVolume(name);
    return own?.version === version && own.id !== keep &&
      layersOn(all, path).length === 0;
  });
  await virsh.batch(old.map(({ name }) => pool.delete(name)));
}
