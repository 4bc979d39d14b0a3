/** What clones start from: a version of a template, or an AppVM. */

import { Failure } from "../command/failure.ts";
import { firstGone } from "../image/gone.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  type Domain,
  findListed,
  getDomain,
  type Listed,
} from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { humanSize } from "../names/values.ts";
import { findVersion } from "../template/versions.ts";
import type { Undo } from "../undo/undo.ts";
import type { CloneOptions } from "./clone.ts";
import { freeze, planFreeze } from "./freeze.ts";
import { shorten } from "./shorten.ts";

/** What a clone starts from. */
export interface Origin {
  domain: Domain;
  /** Paths of the images that the new layers rest on. */
  root: string;
  home?: string;
  /** Bytes; undefined takes the image's own. */
  rootSize: number;
  homeSize: number;
  template?: string;
  user?: string;
  graphical?: boolean;
  /**
   * Of an AppVM: make bases of its disks. That of one that runs is not taken
   * back, so all else must be sure before.
   */
  freeze?: (undo: Undo) => Promise<void>;
}

/**
 * Look at it; nothing is changed.
 *
 * @throws {Failure} `conflict` for what cannot be cloned so.
 */
export async function originOf(
  connection: Connection,
  list: readonly Listed[],
  source: string,
  options: CloneOptions,
): Promise<Origin> {
  const version = findVersion(list, source);
  if (version) return await fromTemplate(connection, version.name, options);
  const listed = findListed([...list], source);
  if (listed.kind !== "appvm") {
    throw new Failure(
      "conflict",
      `cannot clone "${source}"`,
      `it is a ${listed.kind}; templates and AppVMs can be cloned`,
      listed.kind === "disposable" ? `vms-keep ${source} NAME` : "vms-list",
    );
  }
  if (options.disposable) {
    throw new Failure(
      "conflict",
      `cannot make a disposable of "${source}"`,
      "disposables are made of templates",
      "vms-template list",
    );
  }
  return await fromAppVm(connection, listed, options);
}

async function fromTemplate(
  { virsh, pool, config }: Connection,
  name: string,
  options: CloneOptions,
): Promise<Origin> {
  const domain = await getDomain(virsh, name);
  const root = options.warm?.disk ?? domain.disks[0]!.path;
  const { user, graphical } = domain.metadata ?? {};
  return {
    domain,
    root,
    rootSize: await sizeOf(pool, root, options.disk),
    homeSize: options.homeSize ?? config.vm.home_size,
    template: name,
    user,
    graphical,
  };
}

async function fromAppVm(
  connection: Connection,
  { name, state, template }: Listed,
  options: CloneOptions,
): Promise<Origin> {
  const domain = await getDomain(connection.virsh, name, true);
  const vm = { domain, state };
  const volumes = await connection.pool.volumes();
  await refuseBroken(connection, domain, volumes);
  const disks = planFreeze(vm, volumes);
  const disk = (serial: string) => disks.find((one) => one.serial === serial);
  const root = disk("root")!;
  const home = disk("home");
  return {
    domain,
    root: root.base,
    home: home?.base,
    rootSize: larger(root.capacity, options.disk, name),
    homeSize: larger(home?.capacity ?? 0, options.homeSize, name),
    template,
    user: domain.metadata?.user,
    graphical: domain.metadata?.graphical,
    async freeze(undo) {
      const short = await shorten(connection, vm, volumes);
      await freeze(connection, vm, short, undo);
    },
  };
}

/** A clone would be as broken, and the VM one layer further from whole. */
async function refuseBroken(
  { virsh }: Connection,
  { name, disks }: Domain,
  volumes: readonly Volume[],
): Promise<void> {
  const gone = await firstGone(virsh, volumes, disks.map(({ path }) => path));
  if (!gone) return;
  const why = `an image it rests on is gone: ${gone}`;
  throw new Failure("failed", `cannot clone "${name}"`, why, "vms-doctor");
}

/** A layer takes the size of its image where none is wanted. */
async function sizeOf(
  pool: Connection["pool"],
  path: string,
  wanted: number | undefined,
): Promise<number> {
  const { capacity } = await pool.volume(path);
  return larger(capacity, wanted, path);
}

function larger(size: number, wanted: number | undefined, of: string): number {
  if (wanted === undefined || wanted >= size) return wanted ?? size;
  throw new Failure(
    "usage",
    `cannot make a disk of ${humanSize(wanted)}`,
    `"${of}" has ${humanSize(size)}, and a clone's disk is not smaller`,
  );
}
