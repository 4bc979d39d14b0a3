/** What builds that were killed left behind. */

import type { Connection } from "../libvirt/connection.ts";
import { destroy, listDomains } from "../libvirt/domain.ts";
import { isWarmName, readWarmVolume } from "../warm/image.ts";
import { versions } from "./versions.ts";

/** Left-overs of one template's builds. */
export interface Remains {
  /** Domains that still run. */
  domains: string[];
  /** Volumes, what rests on others first. */
  volumes: string[];
}

/**
 * Find them. The caller holds the template's lock, so no build of it runs.
 *
 * `keepDisk`: the disk of a failed installation is wanted, for `--from`.
 */
export async function findRemains(
  { virsh, pool }: Connection,
  template: string,
  { keepDisk = false } = {},
): Promise<Remains> {
  const list = await listDomains(virsh);
  const published = new Set(versions(list).map(({ name }) => name));
  const own = (name: string) => name.startsWith(`${template}@`);
  const domains = list.filter(({ name, kind }) =>
    kind === "build" && own(name) && !isWarmName(name)
  );
  await virsh.try(pool.refresh());
  const volumes = (await pool.volumes()).map(({ name }) => name)
    .filter((name) => own(name) && !published.has(name.replace(/\.qcow2$/, "")))
    .filter((name) => !published.has(readWarmVolume(name)?.version ?? ""))
    .filter((name) => !isWarmName(name))
    .filter((name) => !(keepDisk && name.startsWith(`${template}@build.`)));
  return {
    domains: domains.map(({ name }) => name),
    // `gui@build.60-packages.qcow2` rests on `gui@build.qcow2`.
    volumes: volumes.sort().reverse(),
  };
}

/** Remove them. */
export async function sweepBuilds(
  connection: Connection,
  template: string,
  options: { keepDisk?: boolean } = {},
): Promise<Remains> {
  const { virsh, pool } = connection;
  const found = await findRemains(connection, template, options);
  await virsh.batch(found.domains.map(destroy));
  await virsh.batch(found.volumes.map((name) => pool.delete(name)));
  return found;
}
