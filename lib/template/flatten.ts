/** Flattening: a version's contents as one image that rests on nothing. */

import type { Context } from "../command/context.ts";
import { directoryOf } from "../image/names.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, getDomain, listDomains } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import { syncPool } from "../libvirt/sync.ts";
import { versionName } from "../names/names.ts";
import { undoing } from "../undo/undo.ts";
import { nextNumber } from "./plan.ts";
import { prove } from "./proof.ts";
import { sweepBuilds } from "./sweep.ts";
import { mustFindVersion } from "./versions.ts";

/**
 * Publish the contents of a version as the template's next one, proven as one
 * that was built. The caller holds the template's lock.
 *
 * @param proving another proof, in tests.
 * @returns its name.
 * @throws {Failure} `conflict`, where it rests on nothing already.
 */
export async function flatten(
  connection: Connection,
  context: Context,
  word: string,
  proving = prove,
): Promise<string> {
  const { virsh, pool, config } = connection;
  const list = await listDomains(virsh);
  const version = mustFindVersion(list, word);
  const domain = await getDomain(virsh, version.name);
  const image = await pool.volume(domain.disks[0]!.path);
  if (image.backing === undefined) {
    const what = `cannot flatten "${version.name}"`;
    throw new Failure("conflict", what, "it is one image already");
  }
  if (!context.dryRun) await sweepBuilds(connection, version.template);
  const number = nextNumber(list, await pool.volumes(), version.template);
  const name = versionName(version.template, number);
  const volume = `${name}.qcow2`;
  await using undo = undoing();
  undo.add(() => virsh.try(pool.delete(volume)));
  const spec = { name: volume, capacity: image.capacity, mode: 0o444 };
  await virsh.must(
    `cannot flatten ${version.name}`,
    pool.copy(image.name, spec),
  );
  const path = `${directoryOf(image.path)}/${volume}`;
  const { type, memory, vcpus } = domain;
  const metadata = {
    ...domain.metadata!,
    template: undefined,
    warm: undefined,
    warmFailure: undefined,
  };
  // In a dry run there is nothing to boot.
  if (!context.dryRun) {
    context.say(`proving ${name}: booting a throw-away layer on it`);
    const { capacity } = image;
    const { network } = config.libvirt;
    const candidate = { name, path, capacity, type, memory, vcpus, network };
    metadata.packages = await proving(connection, candidate);
  }
  await syncPool(pool);
  await virsh.must(
    `cannot publish ${name}`,
    define(domainXml({
      name,
      uuid: crypto.randomUUID(),
      metadata,
      type,
      memory,
      vcpus,
      disks: [{ path, serial: "root", readonly: true }],
      onReboot: "destroy",
    })),
  );
  undo.keep();
  return name;
}
