/** What is known of a version before it is built. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { resumable, stepsFor } from "../install/steps.ts";
import { TargetDisk } from "../install/target_disk.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains, type Listed } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { printable, versionName } from "../names/names.ts";
import { lastOf, lineage, type Recipe } from "../recipe/recipe.ts";
import { refuseLargerThanPool } from "../vm/disk_size.ts";
import { sweepBuilds } from "./sweep.ts";
import {
  imageOf,
  mustFindVersion,
  type Version,
  versions,
} from "./versions.ts";

const DISK = 20 * 2 ** 30;

export interface Plan {
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

/** Look at what there is, and sweep what an earlier build of it left. */
export async function planBuild(
  connection: Connection,
  context: Context,
  template: string,
  { from }: { from?: string },
): Promise<Plan> {
  const { virsh, pool, config } = connection;
  const recipes = await lineage(template);
  const list = await listDomains(virsh);
  refuseVmName(list, template);
  const parent = await parentOf(connection, list, recipes.at(-1)!, from);
  const wanted = lastOf(recipes, (recipe) => recipe.disk);
  await refuseLargerThanPool(pool, wanted);
  if (!context.dryRun) {
    const keepDisk = from !== undefined;
    await sweepBuilds(connection, template, { keepDisk });
  }
  const number = nextNumber(list, await pool.volumes(), template);
  const base = parent && await imageOf(connection, parent);
  const directory = await pool.directory();
  const capacity = Math.max(wanted ?? DISK, base?.capacity ?? 0);
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

/** As a source the name would mean the one or the other. */
function refuseVmName(list: readonly Listed[], template: string) {
  if (!list.some(({ name }) => name === template)) return;
  throw new Failure(
    "conflict",
    `cannot build the template "${template}"`,
    "a VM of that name exists: give the recipe another name",
    "vms-list",
  );
}

/** The newest version of the parent, or the one that a kept disk rests on. */
async function parentOf(
  { virsh, pool }: Connection,
  list: readonly Listed[],
  { name, parent: above }: Recipe,
  from: string | undefined,
): Promise<Version | undefined> {
  const newest = above ? mustFindVersion(list, above) : undefined;
  const [first] = resumable(stepsFor({ parent: !!above, extra: [] }));
  // Going on from there is to begin anew.
  if (from === undefined || from === first) return newest;
  await virsh.try(pool.refresh());
  const base = `${name}@build.qcow2`;
  const kept = (await pool.volumes()).find((one) => one.name === base);
  // Where there is none, whoever goes on with it is told.
  if (!kept || kept.backing === undefined && !above) return newest;
  const image = kept.backing?.split("/").at(-1);
  const found = versions(list).find((one) =>
    one.template === above && `${one.name}.qcow2` === image
  );
  if (found) return found;
  const rests = image === undefined ? "no image" : printable(image);
  throw new Failure(
    "conflict",
    `cannot go on from step ${printable(from)}`,
    `the disk that was kept rests on ${rests}, and the recipe on ${
      above ? `"${above}"` : "no other"
    }`,
    "run it without --from",
  );
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
