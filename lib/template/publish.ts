/** Publishing a version: its image is made, proven, and given a name. */

import { join } from "@std/path/posix/join";
import type { Context } from "../command/context.ts";
import { acceleration } from "../host/acceleration.ts";
import { NO_WAY_ON, withKeptDisk } from "../install/kept_disk.ts";
import type { Connection } from "../libvirt/connection.ts";
import { copyLayer } from "../libvirt/copy_layer.ts";
import { define } from "../libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import { syncPool } from "../libvirt/sync.ts";
import { lastOf, type Recipe } from "../recipe/recipe.ts";
import { undoing } from "../undo/undo.ts";
import type { Plan } from "./plan.ts";
import { type Candidate, prove } from "./proof.ts";

export interface PublishOptions {
  /** Keep the disk that was installed where it cannot be published. */
  keep?: boolean;
  /** Another proof, in tests. */
  proving?: typeof prove;
}

/** Make the version's image of what was installed, prove it, define it. */
export async function publish(
  connection: Connection,
  context: Context,
  plan: Plan,
  { keep = false, proving = prove }: PublishOptions = {},
): Promise<void> {
  const { virsh, pool } = connection;
  const { disk } = plan;
  await using undo = undoing();
  if (!keep) undo.add(() => virsh.try(pool.delete(disk.base)));
  try {
    await publishImage(connection, context, plan, proving);
  } catch (error) {
    throw keep ? withKeptDisk(error, disk.path, NO_WAY_ON) : error;
  }
  undo.keep();
  await virsh.try(pool.delete(disk.base));
}

/** The same, but for the disk that was installed. */
async function publishImage(
  connection: Connection,
  context: Context,
  plan: Plan,
  proving: typeof prove,
): Promise<void> {
  const { virsh, pool, config } = connection;
  const { name, disk, capacity, memory, vcpus } = plan;
  const volume = `${name}.qcow2`;
  await using undo = undoing();
  undo.add(() => virsh.try(pool.delete(volume)));
  const image = { name: volume, capacity, mode: 0o444 };
  // Without a parent by qemu-img convert, which leaves out what was freed.
  if (plan.backing) await copyLayer(pool, disk.base, image);
  else {
    const what = `cannot make the image of ${name}`;
    await virsh.must(what, pool.copy(disk.base, image));
  }
  context.say(`proving ${name}: booting a throw-away layer on it`);
  const candidate: Candidate = {
    name,
    path: join(plan.directory, volume),
    capacity,
    type: (await acceleration(virsh)).type,
    memory,
    vcpus,
    network: config.libvirt.network,
  };
  const packages = await proving(connection, candidate);
  await syncPool(pool);
  const domain = await versionDomain(candidate, plan, packages);
  await virsh.must(`cannot publish ${name}`, define(domainXml(domain)));
  undo.keep();
}

/** The domain that stands for a version. It is never started. */
async function versionDomain(
  { name, path, type, memory, vcpus }: Candidate,
  { recipes, parent, user }: Plan,
  packages: number,
): Promise<DomainSpec> {
  return {
    name,
    uuid: crypto.randomUUID(),
    metadata: {
      kind: "template",
      template: parent?.name,
      recipe: recipes.at(-1)!.name,
      digest: await digest(recipes),
      user,
      packages,
      graphical: recipes.some(({ launch }) => launch !== undefined),
      spice: lastOf(recipes, ({ spice }) => spice),
      built: Math.floor(Date.now() / 1000),
    },
    type,
    memory,
    vcpus,
    disks: [{ path, serial: "root", readonly: true }],
    onReboot: "destroy",
  };
}

/** A hash of the recipes a version was made from, in hexadecimal. */
async function digest(recipes: Recipe[]): Promise<string> {
  const text = recipes.map(({ source }) => source).join("\0");
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 16);
}
