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
import { sweepBuilds } from "./sweep.ts";
import { mustFindVersion } from "./versions.ts";

/**
 * Publish the contents of a version as the template's next one. The caller
 * holds the template's lock.
 *
 * @returns its name.
 * @throws {Failure} `conflict`, where it rests on nothing already.
 */
export async function flatten(
  connection: Connection,
  context: Context,
  word: string,
): Promise<string> {
  const { virsh, pool } = connection;
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
  await syncPool(pool);
  const path = `${directoryOf(image.path)}/${volume}`;
  const metadata = {
    ...domain.metadata!,
    template: undefined,
    warm: undefined,
    warmFailure: undefined,
  };
  const { type, memory, vcpus } = domain;
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
