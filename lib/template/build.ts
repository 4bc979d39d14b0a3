/** Building a version of a template: install, prove, publish. */

import { join } from "@std/path/posix/join";
import type { Context } from "../command/context.ts";
import { acceleration } from "../host/acceleration.ts";
import { type BootableIso, install } from "../install/installation.ts";
import { TargetDisk } from "../install/target_disk.ts";
import type { Connection } from "../libvirt/connection.ts";
import { copyLayer } from "../libvirt/copy_layer.ts";
import { define, listDomains } from "../libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import type { Volume } from "../libvirt/volume.ts";
import { versionName } from "../names/names.ts";
import { lastOf, lineage, type Recipe } from "../recipe/recipe.ts";
import { undoing } from "../undo/undo.ts";
import { type Candidate, prove } from "./proof.ts";
import { sweepBuilds } from "./sweep.ts";
import {
  imageOf,
  mustFindVersion,
  type Version,
  versions,
} from "./versions.ts";

export interface BuildOptions {
  /** Found, and its kernel taken out, only where something is installed. */
  iso: () => Promise<BootableIso>;
  /** The package cache that the installation is given, made for it. */
  cache: (vm: string) => Promise<{ shared: string; own: string }>;
  from?: string;
  keep: boolean;
  silence?: number;
}

const DISK = 20 * 2 ** 30;

/**
 * Build and publish the next version of a template; the caller holds its lock.
 *
 * A crash at any point leaves the last version serving: `define` of the
 * version's domain is the one step that publishes, and the last.
 *
 * @returns the version's name.
 */
export async function build(
  connection: Connection,
  context: Context,
  template: string,
  options: BuildOptions,
): Promise<string> {
  const plan = await planBuild(connection, context, template, options);
  if (context.dryRun) {
    const on = plan.parent ? ` on ${plan.parent.name}` : "";
    context.say(`would build ${plan.name}${on}`);
    return plan.name;
  }
  const { recipes, parent } = plan;
  await install(connection.virsh, context, {
    domain: `${template}@build`,
    recipes: parent ? recipes.slice(-1) : recipes,
    onParent: parent !== undefined,
    disk: plan.disk,
    iso: await options.iso(),
    settings: { ...connection.config.guest, user: plan.user },
    memory: plan.memory,
    vcpus: plan.vcpus,
    network: connection.config.libvirt.network,
    cache: await options.cache(template),
    from: options.from,
    keep: options.keep,
    silence: options.silence,
  });
  await publish(connection, context, plan);
  return plan.name;
}

/** All that is known of a version before it is built. */
interface Plan {
  name: string;
  /** The root's first. */
  recipes: Recipe[];
  parent?: Version;
  /** Path of the parent's image. */
  backing?: string;
  directory: string;
  /** Bytes. */
  capacity: number;
  memory: number;
  vcpus: number;
  user: string;
  /** What the installation writes to. */
  disk: TargetDisk;
}

async function planBuild(
  connection: Connection,
  context: Context,
  template: string,
  { from }: BuildOptions,
): Promise<Plan> {
  const { virsh, pool, config } = connection;
  const recipes = await lineage(template);
  const list = await listDomains(virsh);
  const above = recipes.at(-1)!.parent;
  const parent = above ? mustFindVersion(list, above) : undefined;
  if (!context.dryRun) {
    const keepDisk = from !== undefined;
    await sweepBuilds(connection, template, { keepDisk });
  }
  const number = nextNumber(list, await pool.volumes(), template);
  const base = parent && await imageOf(connection, parent);
  const directory = await pool.directory();
  const size = lastOf(recipes, (recipe) => recipe.disk) ?? DISK;
  const capacity = Math.max(size, base?.capacity ?? 0);
  const backing = base?.path;
  const disk = { name: `${template}@build`, capacity, backing };
  return {
    name: versionName(template, number),
    recipes,
    parent,
    backing,
    directory,
    capacity,
    memory: lastOf(recipes, (recipe) => recipe.memory) ?? config.vm.memory,
    vcpus: lastOf(recipes, (recipe) => recipe.vcpus) ?? config.vm.vcpus,
    user: lastOf(recipes, (recipe) => recipe.user) ?? config.guest.user,
    disk: new TargetDisk(virsh, pool, directory, disk),
  };
}

/** Make the version's image of what was installed, prove it, define it. */
async function publish(
  connection: Connection,
  context: Context,
  plan: Plan,
): Promise<void> {
  const { virsh, pool, config } = connection;
  const { name, disk, capacity, memory, vcpus } = plan;
  const volume = `${name}.qcow2`;
  await using undo = undoing();
  undo.add(() => virsh.try(pool.delete(disk.base)));
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
  const packages = await prove(connection, candidate);
  const domain = await versionDomain(candidate, plan, packages);
  await virsh.must(`cannot publish ${name}`, define(domainXml(domain)));
  undo.keep();
  await virsh.try(pool.delete(disk.base));
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
      built: Math.floor(Date.now() / 1000),
    },
    type,
    memory,
    vcpus,
    disks: [{ path, serial: "root", readonly: true }],
    onReboot: "destroy",
  };
}

/** One more than any version or image there is or was left behind. */
export function nextNumber(
  list: Parameters<typeof versions>[0],
  volumes: readonly Volume[],
  template: string,
): number {
  const published = versions(list)
    .filter((one) => one.template === template).map((one) => one.version);
  const images = volumes.map(({ name }) => name.split("@"))
    .filter(([owner]) => owner === template)
    .map(([, rest]) => Number.parseInt(rest ?? "") || 0);
  return Math.max(0, ...published, ...images) + 1;
}

/** A hash of the recipes a version was made from, in hexadecimal. */
export async function digest(recipes: Recipe[]): Promise<string> {
  const text = recipes.map(({ source }) => source).join("\0");
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 16);
}
