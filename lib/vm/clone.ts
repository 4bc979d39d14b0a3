/** Cloning: a new VM is an empty layer on what it is a clone of. */

import { Failure } from "../command/failure.ts";
import { acceleration } from "../host/acceleration.ts";
import { directoryOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  define,
  type Domain,
  findListed,
  getDomain,
  type Listed,
  undefine,
} from "../libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import type { NetworkCard } from "../libvirt/network_card.ts";
import {
  type Answer,
  type Call,
  demand,
  type Virsh,
} from "../libvirt/virsh.ts";
import type { VolumeSpec } from "../libvirt/volume.ts";
import { lock } from "../lock/lock.ts";
import { humanSize } from "../names/values.ts";
import { findVersion } from "../template/versions.ts";
import { type Undo, undoing } from "../undo/undo.ts";
import type { WarmImage } from "../warm/image.ts";
import { entrust } from "./credentials.ts";
import { refuseLargerThanPool } from "./disk_size.ts";
import { domainOfVm } from "./domain_of_vm.ts";
import { refuseTaken } from "./free_names.ts";
import { freeze } from "./freeze.ts";
import { newCards } from "./new_card.ts";

export interface CloneOptions {
  /** Bytes; undefined takes the source's. */
  memory?: number;
  vcpus?: number;
  /** Bytes of the root disk; not below the source's. */
  disk?: number;
  homeSize?: number;
  /** As `vms-net` takes it, or the name of a libvirt network. */
  network?: string;
  disposable?: boolean;
  /** Let them have shares: `vms-share`. */
  shares?: boolean;
  /** The layers rest on its disk: they are forked from it. */
  warm?: WarmImage;
}

/** What a clone starts from. */
interface Origin {
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
 * Make VMs from a template's version or from an AppVM.
 *
 * The names must be free and locked by the caller. All are made, or none.
 *
 * @returns the domains as they are kept.
 */
export async function clone(
  connection: Connection,
  list: readonly Listed[],
  source: string,
  names: string[],
  options: CloneOptions,
): Promise<DomainSpec[]> {
  refuseTaken(list, names);
  await refuseLargerThanPool(connection.pool, options.disk);
  await refuseLargerThanPool(connection.pool, options.homeSize);
  await using undo = undoing();
  const [origin, { type }] = await Promise.all([
    originOf(connection, list, source, options, undo),
    acceleration(connection.virsh),
  ]);
  using _held = options.warm
    ? await lock("layer", options.warm.version, { wait: true })
    : undefined;
  const directory = directoryOf(origin.root);
  const { user } = origin;
  const vms = names.map((name) => ({ name, user }));
  const entrusted = await entrust(connection, vms, undo);
  const cards = await newCards(connection, names, {
    word: options.network,
    template: origin.template,
    model: origin.domain.metadata?.kind === "appvm" ? origin.domain : undefined,
  }, undo);
  const made = names.map((name) =>
    plan(name, origin, { type, directory, options, cards, entrusted })
  );
  await createVolumes(connection, made.flatMap((one) => one.volumes), undo);
  const what = `cannot define ${names.map((name) => `"${name}"`).join(", ")}`;
  const answers = await batch(
    connection.virsh,
    made.map((one) => define(domainXml(one.domain))),
    names.map(undefine),
    undo,
  );
  answers.forEach((answer) => demand(what, answer));
  undo.keep();
  return made.map(({ domain }) => domain);
}

async function originOf(
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
  const volumes = await connection.pool.volumes();
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

interface Planned {
  domain: DomainSpec;
  volumes: VolumeSpec[];
}

function plan(
  name: string,
  origin: Origin,
  given: {
    type: DomainSpec["type"];
    directory: string;
    options: CloneOptions;
    cards: Map<string, NetworkCard | undefined>;
    entrusted: boolean;
  },
): Planned {
  const { type, directory, options, cards, entrusted } = given;
  const root = volumeName(name, "root");
  const home = volumeName(name, "home");
  const metadata: Metadata = {
    kind: options.disposable ? "disposable" : "appvm",
    template: origin.template,
    user: origin.user,
    graphical: origin.graphical,
    spice: origin.domain.metadata?.spice,
  };
  const domain = domainOfVm({
    name,
    metadata,
    type,
    memory: options.memory ?? origin.domain.memory,
    vcpus: options.vcpus ?? origin.domain.vcpus,
    root: `${directory}/${root}`,
    home: options.disposable ? undefined : `${directory}/${home}`,
    sharedMemory: options.shares,
    network: cards.get(name),
    entrusted,
  });
  // A disposable's layer is made each time it starts.
  const volumes = options.disposable ? [] : [
    { name: root, capacity: origin.rootSize, backing: origin.root },
    { name: home, capacity: origin.homeSize, backing: origin.home },
  ];
  return { domain, volumes };
}

async function createVolumes(
  { virsh, pool }: Connection,
  volumes: VolumeSpec[],
  undo: Undo,
) {
  const answers = await batch(
    virsh,
    volumes.map((one) => pool.create(one)),
    volumes.map(({ name }) => pool.delete(name)),
    undo,
  );
  const failed = answers.findIndex(({ ok }) => !ok);
  if (failed < 0) return;
  throw new Failure(
    "failed",
    `cannot make the disk "${volumes[failed]!.name}"`,
    answers[failed]!.error,
    "vms-doctor",
  );
}

/** Run the calls, each of which has one that takes it back. */
async function batch(
  virsh: Virsh,
  calls: Call[],
  back: Call[],
  undo: Undo,
): Promise<Answer[]> {
  const answers = virsh.batch(calls);
  // Known before the answers are: who interrupts them wants it all gone.
  undo.add(async () => {
    const done = await answers;
    await virsh.batch(back.filter((_, i) => done[i]!.ok));
  });
  return await answers;
}
