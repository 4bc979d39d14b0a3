/**
 * What a domain says of itself beyond what libvirt knows: our element in its
 * `<metadata>`, and the title made from it.
 *
 * The element is the truth. The title repeats kind and template, because
 * `virsh list --title` shows it for all domains in one call.
 */

import { el, type Xml } from "../xml/element.ts";
import { children, find, type XmlElement } from "../xml/read.ts";

export const NAMESPACE = "urn:vms:domain:1";

/**
 * `template` is a published version, `build` an installation or a proof that
 * runs, `spare` a disposable that nobody has asked for yet, the others are what
 * people start.
 */
export type Kind = "template" | "appvm" | "disposable" | "build" | "spare";

/** A state of a VM's disks that can be gone back to. */
export interface SnapshotRecord {
  name: string;
  /** Seconds since 1970. */
  created: number;
  /** Volume with the frozen layer, by disk: `root`, `home`. */
  layers: Record<string, string>;
  /** Volume with the saved memory, where it was asked for. */
  memory?: string;
}

/** A folder of the host that a VM is given whenever `vms-start` starts it. */
export interface ShareRecord {
  /** In the guest. */
  path: string;
  /** On the host. */
  folder: string;
  writable: boolean;
}

/** A template's memory, frozen when it had booted: lib/warm. */
export interface WarmRecord {
  /** In the names of its volumes. */
  id: string;
  /** A hash of all that must be as it was, for a guest to be forked from it. */
  key: string;
  /** Bytes of its devices' state. */
  state: number;
  /** Bytes of the file that holds its disk. */
  layer: number;
  /** Units that a fork starts, once it is somebody. */
  units: string[];
}

/** What SPICE may carry between a viewer's host and the guest. */
export const SPICE_FEATURES = ["clipboard", "files"] as const;
export type SpiceFeature = typeof SPICE_FEATURES[number];

export interface Metadata {
  kind: Kind;
  /** The version it rests on, such as `gui@3`. */
  template?: string;
  /** The user that works in it. */
  user?: string;
  /** Of a template: the name of its recipe, and a hash of what made it. */
  recipe?: string;
  digest?: string;
  /** Of a template: seconds since 1970. */
  built?: number;
  /** Of a template: packages, `name version`, one each. */
  packages?: number;
  /** Whether there is something to see on its screen. */
  graphical?: boolean;
  /** What its recipe lets SPICE carry; nothing where it is left out. */
  spice?: SpiceFeature[];
  /** A disposable for one command. */
  once?: boolean;
  warm?: WarmRecord;
  /** Why the last attempt to bake it failed. */
  warmFailure?: string;
  /** The warm image that a VM was forked from, for as long as it runs. */
  fork?: string;
  /** Of a spare: number of the user in whose pool it is. */
  owner?: number;
  /** Of a spare: nanoseconds that its CPUs had used when it was made. */
  cpuTime?: number;
  snapshots?: SnapshotRecord[];
  shares?: ShareRecord[];
}

export function metadataXml(data: Metadata): Xml {
  const { kind, template, user, recipe, digest, built, packages } = data;
  return el(
    "vms:vm",
    {
      "xmlns:vms": NAMESPACE,
      kind,
      template,
      user,
      recipe,
      digest,
      built,
      packages,
      graphical: data.graphical ? "yes" : undefined,
      spice: data.spice?.join(" ") || undefined,
      once: data.once ? "yes" : undefined,
      fork: data.fork,
      owner: data.owner,
      "cpu-time": data.cpuTime,
      "warm-failure": data.warmFailure,
    },
    data.warm && warmXml(data.warm),
    (data.snapshots ?? []).map(snapshotXml),
    (data.shares ?? []).map(shareXml),
  );
}

function warmXml({ id, key, state, layer, units }: WarmRecord): Xml {
  return el("vms:warm", { id, key, state, layer, units: units.join(" ") });
}

function readWarm({ attributes }: XmlElement): WarmRecord {
  const { id, key, state, layer, units = "" } = attributes;
  return {
    id: id!,
    key: key!,
    state: Number(state),
    layer: Number(layer),
    units: units.split(" ").filter(Boolean),
  };
}

function snapshotXml({ name, created, layers, memory }: SnapshotRecord): Xml {
  return el(
    "vms:snapshot",
    { name, created, memory },
    Object.entries(layers).map(([disk, volume]) =>
      el("vms:layer", { disk, volume })
    ),
  );
}

function shareXml({ path, folder, writable }: ShareRecord): Xml {
  return el("vms:share", { path, folder, mode: writable ? "rw" : "ro" });
}

/** Undefined for a domain that is not ours. */
export function readMetadata(domain: XmlElement): Metadata | undefined {
  const own = find(domain, "metadata/vms:vm");
  if (!own) return;
  const { kind, template, user, recipe, digest } = own.attributes;
  const number = (name: string) =>
    own.attributes[name] === undefined
      ? undefined
      : Number(own.attributes[name]);
  return {
    kind: kind as Kind,
    template,
    user,
    recipe,
    digest,
    built: number("built"),
    packages: number("packages"),
    graphical: own.attributes.graphical === "yes",
    spice: readSpice(own.attributes.spice),
    once: own.attributes.once === "yes",
    fork: own.attributes.fork,
    owner: number("owner"),
    cpuTime: number("cpu-time"),
    warmFailure: own.attributes["warm-failure"],
    warm: children(own, "vms:warm").map(readWarm)[0],
    snapshots: children(own, "vms:snapshot").map(readSnapshot),
    shares: children(own, "vms:share").map(({ attributes }) => ({
      path: attributes.path!,
      folder: attributes.folder!,
      writable: attributes.mode === "rw",
    })),
  };
}

function readSpice(words: string | undefined): SpiceFeature[] | undefined {
  if (!words) return;
  return SPICE_FEATURES.filter((one) => words.split(" ").includes(one));
}

function readSnapshot(element: XmlElement): SnapshotRecord {
  return {
    name: element.attributes.name!,
    created: Number(element.attributes.created),
    memory: element.attributes.memory,
    layers: Object.fromEntries(
      children(element, "vms:layer").map(({ attributes }) => [
        attributes.disk!,
        attributes.volume!,
      ]),
    ),
  };
}

/** `appvm on gui@3` */
export function titleOf({ kind, template }: Metadata): string {
  return template ? `${kind} on ${template}` : kind;
}

/** Undefined where the title is not one of ours. */
export function readTitle(
  title: string,
): Pick<Metadata, "kind" | "template"> | undefined {
  const match =
    /^(template|appvm|disposable|build|spare)(?: on ([a-z0-9-]+@[0-9]+))?$/
      .exec(title);
  if (!match) return;
  return { kind: match[1] as Kind, template: match[2] };
}
