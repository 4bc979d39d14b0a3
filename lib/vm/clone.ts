/** Cloning: a new VM is an empty layer on what it is a clone of. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { lockBase } from "../image/base_lock.ts";
import { directoryOf, volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, type Listed, undefine } from "../libvirt/domain.ts";
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
import { allOf, type Undo, undoing } from "../undo/undo.ts";
import type { WarmImage } from "../warm/image.ts";
import { entrust, newSecrets } from "./credentials.ts";
import { refuseLargerThanPool } from "./disk_size.ts";
import { domainOfVm } from "./domain_of_vm.ts";
import { refuseTaken } from "./free_names.ts";
import { newCards } from "../network/new_card.ts";
import { type Origin, originOf } from "./origin.ts";

export interface CloneOptions {
  /** Bytes; undefined takes the source's. */
  memory?: number;
  vcpus?: number;
  /** Bytes of the root disk; not below the source's. Not of a disposable. */
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

/**
 * Make VMs from a template's version or from an AppVM.
 *
 * The names must be free and locked by the caller. All are made, or none.
 *
 * @returns the domains as they are kept.
 */
export async function clone(
  connection: Connection,
  { say }: Pick<Context, "say">,
  list: readonly Listed[],
  source: string,
  names: string[],
  options: CloneOptions,
): Promise<DomainSpec[]> {
  refuseTaken(list, names);
  refuseSizes(options);
  await refuseLargerThanPool(connection.pool, options.disk);
  await refuseLargerThanPool(connection.pool, options.homeSize);
  // It connects while others are asked what the clones are to be.
  const beside = options.disposable
    ? connection.virsh
    : connection.virsh.beside();
  await using undo = undoing();
  const [origin, type, secrets] = await allOf([
    originOf(connection, list, source, options),
    chooseAcceleration(connection.virsh, say),
    newSecrets(connection, names.length),
  ]);
  const directory = directoryOf(origin.root);
  const { user } = origin;
  const vms = names.map((name) => ({ name, user }));
  const volumes = names.flatMap((name) => volumesOf(name, origin, options));
  const layers = async () => {
    using _held = await lockBase(origin.root);
    await createVolumes({ ...connection, virsh: beside }, volumes, undo);
  };
  const given = async () => {
    const entrusted = await entrust(connection, vms, undo, secrets);
    const cards = await newCards(connection, names, {
      word: options.network,
      template: origin.template,
      model: origin.domain.metadata?.kind === "appvm"
        ? origin.domain
        : undefined,
    }, undo);
    return { entrusted, cards };
  };
  const apart = beside !== connection.virsh && !origin.freeze;
  const [{ entrusted, cards }] = await allOf([
    given(),
    apart ? layers() : undefined,
  ]);
  if (!apart) {
    await origin.freeze?.(undo);
    await layers();
  }
  const made = names.map((name) =>
    domainOf(name, origin, { type, directory, options, cards, entrusted })
  );
  const what = `cannot define ${names.map((name) => `"${name}"`).join(", ")}`;
  const answers = await batch(
    connection.virsh,
    made.map((one) => define(domainXml(one))),
    names.map(undefine),
    undo,
  );
  answers.forEach((answer) => demand(what, answer));
  undo.keep();
  return made;
}

/** Its disk is made at each start, as large as the version's image is then. */
function refuseSizes({ disposable, disk, homeSize }: CloneOptions): void {
  if (!disposable || (disk === undefined && homeSize === undefined)) return;
  const why = homeSize === undefined
    ? "its disk is the template's, made anew at each start"
    : "it has no home disk";
  throw new Failure("usage", "cannot choose sizes of a disposable", why);
}

function domainOf(
  name: string,
  origin: Origin,
  given: {
    type: DomainSpec["type"];
    directory: string;
    options: CloneOptions;
    cards: Map<string, NetworkCard | undefined>;
    entrusted: boolean;
  },
): DomainSpec {
  const { type, directory, options, cards, entrusted } = given;
  const metadata: Metadata = {
    kind: options.disposable ? "disposable" : "appvm",
    template: origin.template,
    user: origin.user,
    graphical: origin.graphical,
    spice: origin.domain.metadata?.spice,
  };
  const path = (part: "root" | "home") =>
    `${directory}/${volumeName(name, part)}`;
  return domainOfVm({
    name,
    metadata,
    type,
    memory: options.memory ?? origin.domain.memory,
    vcpus: options.vcpus ?? origin.domain.vcpus,
    root: path("root"),
    home: options.disposable ? undefined : path("home"),
    sharedMemory: options.shares,
    network: cards.get(name),
    entrusted,
  });
}

/** None of a disposable, whose layer is made each time it starts. */
function volumesOf(
  name: string,
  origin: Origin,
  { disposable }: CloneOptions,
): VolumeSpec[] {
  if (disposable) return [];
  const { root, rootSize, home, homeSize } = origin;
  return [
    { name: volumeName(name, "root"), capacity: rootSize, backing: root },
    { name: volumeName(name, "home"), capacity: homeSize, backing: home },
  ];
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
