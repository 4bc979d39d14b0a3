/** Building a version of a template: install, prove, publish. */

import { join } from "@std/path/posix/join";
import type { Context } from "../command/context.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import {
  type BootableIso,
  install,
  type InstallationSpec,
} from "../install/installation.ts";
import { TargetDisk } from "../install/target_disk.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, getDomain, listDomains } from "../libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import type { Volume } from "../libvirt/volume.ts";
import { versionName } from "../names/names.ts";
import { lastOf, lineage, type Recipe } from "../recipe/recipe.ts";
import { undoing } from "../undo/undo.ts";
import { type Candidate, prove } from "./proof.ts";
import { sweepBuilds } from "./sweep.ts";
import { mustFindVersion, type Version, versions } from "./versions.ts";

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
  const { virsh, pool, config } = connection;
  const recipes = await lineage(template);
  const recipe = recipes.at(-1)!;
  const list = await listDomains(virsh);
  const parent = recipe.parent
    ? mustFindVersion(list, recipe.parent)
    : undefined;
  const keepDisk = options.from !== undefined;
  await sweepBuilds(connection, template, { keepDisk });
  const volumes = await pool.volumes();
  const name = versionName(template, nextNumber(list, volumes, template));
  const base = parent && await imageOf(connection, parent);
  const directory = await pool.directory();
  const capacity = Math.max(sizeOf(recipes), base?.capacity ?? 0);
  const disk = new TargetDisk(virsh, pool, directory, {
    name: `${template}@build`,
    capacity,
    backing: base?.path,
  });
  const memory = lastOf(recipes, (r) => r.memory) ?? config.vm.memory;
  const vcpus = lastOf(recipes, (r) => r.vcpus) ?? config.vm.vcpus;
  const { network } = config.libvirt;
  if (context.dryRun) {
    context.say(`would build ${name}${parent ? ` on ${parent.name}` : ""}`);
    return name;
  }
  const user = lastOf(recipes, (r) => r.user) ?? config.guest.user;
  const spec: InstallationSpec = {
    domain: `${template}@build`,
    recipes: parent ? [recipe] : recipes,
    onParent: parent !== undefined,
    disk,
    iso: await options.iso(),
    settings: { ...config.guest, user },
    memory,
    vcpus,
    network,
    cache: await options.cache(template),
    from: options.from,
    keep: options.keep,
    silence: options.silence,
  };
  await install(virsh, context, spec);

  await using undo = undoing();
  undo.add(() => virsh.try(pool.delete(disk.base)));
  const volume = `${name}.qcow2`;
  const path = join(directory, volume);
  const image = { name: volume, capacity, backing: base?.path, mode: 0o444 };
  context.say(`proving ${name}: booting a throw-away layer on it`);
  undo.add(() => virsh.try(pool.delete(volume)));
  await virsh.must(
    `cannot make the image of ${name}`,
    pool.copy(disk.base, image),
  );
  const type = await chooseAcceleration(virsh, () => {});
  const candidate = { name, path, capacity, type, memory, vcpus, network };
  const packages = await prove(connection, candidate);
  const domain = versionDomain(candidate, {
    parent,
    recipe,
    user,
    packages,
    digest: await digest(recipes),
    graphical: recipes.some((one) => one.launch !== undefined),
  });
  await virsh.must(`cannot publish ${name}`, define(domainXml(domain)));
  undo.keep();
  await virsh.try(pool.delete(disk.base));
  return name;
}

/** The domain that stands for a version. It is never started. */
function versionDomain(
  candidate: Candidate,
  of: {
    parent?: Version;
    recipe: Recipe;
    user: string;
    packages: number;
    digest: string;
    graphical: boolean;
  },
): DomainSpec {
  const { name, path, type, memory, vcpus } = candidate;
  return {
    name,
    uuid: crypto.randomUUID(),
    metadata: {
      kind: "template",
      template: of.parent?.name,
      recipe: of.recipe.name,
      digest: of.digest,
      user: of.user,
      packages: of.packages,
      graphical: of.graphical,
      built: Math.floor(Date.now() / 1000),
    },
    type,
    memory,
    vcpus,
    disks: [{ path, serial: "root", readonly: true }],
    onReboot: "destroy",
  };
}

/** The image of a published version. */
export async function imageOf(
  { virsh, pool }: Connection,
  { name }: Version,
): Promise<Volume> {
  const domain = await getDomain(virsh, name);
  return await pool.volume(domain.disks[0]!.path);
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

function sizeOf(recipes: Recipe[]): number {
  return lastOf(recipes, (recipe) => recipe.disk) ?? DISK;
}

/** A hash of the recipes a version was made from, in hexadecimal. */
export async function digest(recipes: Recipe[]): Promise<string> {
  const text = recipes.map(({ source }) => source).join("\0");
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 16);
}
