/** Which versions have a warm image, and whether it can be forked. */

import { acceleration } from "../host/acceleration.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getDomains, listDomains } from "../libvirt/domain.ts";
import { versions } from "../template/versions.ts";
import { findWarm } from "./find.ts";
import { warmVolumes } from "./image.ts";

export interface Warm {
  name: string;
  /** Bytes on the host's disk. */
  size: number;
  /** `ready`, or why VMs are booted instead. */
  state: string;
}

/** One for each warm image, and for each version that could not be baked. */
export async function listWarm(connection: Connection): Promise<Warm[]> {
  const { virsh, pool } = connection;
  const names = versions(await listDomains(virsh)).map(({ name }) => name);
  const domains = await getDomains(virsh, names);
  const baked = domains.filter(({ metadata }) =>
    metadata?.warm ?? metadata?.warmFailure
  );
  if (baked.length === 0) return [];
  const { type } = await acceleration(virsh);
  const volumes = await pool.volumes();
  return await Promise.all(baked.map(async (domain) => {
    const { warm, warmFailure } = domain.metadata!;
    if (!warm) {
      return { name: domain.name, size: 0, state: `not baked: ${warmFailure}` };
    }
    const own = Object.values(warmVolumes(domain.name, warm.id));
    const found = volumes.filter(({ name }) => own.includes(name));
    const image = await findWarm(connection, domain, { type });
    return {
      name: domain.name,
      size: found.reduce((sum, { allocation }) => sum + allocation, 0),
      state: found.length < own.length
        ? "a file of it is gone"
        : typeof image === "string"
        ? image
        : "ready",
    };
  }));
}
