/** What clones start from: a version of a template, or an AppVM. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  type Domain,
  findListed,
  getDomain,
  type Listed,
} from "../libvirt/domain.ts";
import { humanSize } from "../names/values.ts";
import { findVersion } from "../template/versions.ts";
import type { Undo } from "../undo/undo.ts";
import type { CloneOptions } from "./clone.ts";
import { freeze } from "./freeze.ts";
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
}

/**
 * Find it; an AppVM is frozen for that.
 *
 * @throws {Failure} `conflict` for what cannot be cloned so.
 */
export async function originOf(
  connection: Connection,
  list: readonly Listed[],
  source: string,
  options: CloneOptions,
  undo: Undo,
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
  return await fromAppVm(connection, listed, options, undo);
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
  undo: Undo,
): Promise<Origin> {
  const domain = await getDomain(connection.virsh, name, true);
  const volumes = await shorten(connection, { domain, state });
  const frozen = await freeze(connection, { domain, state }, volumes, undo);
  const base = (serial: string) => frozen.find((one) => one.serial === serial);
  const root = base("root")!;
  const home = base("home");
  return {
    domain,
    root: root.base,
    home: home?.base,
    rootSize: larger(root.capacity, options.disk, name),
    homeSize: larger(home?.capacity ?? 0, options.homeSize, name),
    template,
    user: domain.metadata?.user,
    graphical: domain.metadata?.graphical,
  };
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
