/** Domains: what libvirt knows of them, and the few things done to them. */

import { Failure } from "../command/failure.ts";
import { attribute, children, find, readXml, textOf } from "../xml/read.ts";
import {
  type Metadata,
  metadataXml,
  NAMESPACE,
  readMetadata,
  readTitle,
  type SnapshotRecord,
  titleOf,
} from "./metadata.ts";
import { readTable } from "./table.ts";
import { change, demand, look, type Virsh, XML_FILE } from "./virsh.ts";

/** States of virsh(1), `domstate`. */
export type State =
  | "running"
  | "paused"
  | "shut off"
  | "in shutdown"
  | "crashed"
  | "pmsuspended"
  | "idle";

/** A line of the list of all domains. */
export interface Listed {
  name: string;
  state: State;
  /** Undefined for domains that are not ours. */
  kind?: Metadata["kind"];
  template?: string;
}

export interface DomainDisk {
  path: string;
  /** Such as `vda`. */
  target: string;
  serial?: string;
}

/** A domain as its XML describes it. */
export interface Domain {
  name: string;
  uuid: string;
  type: "kvm" | "qemu";
  /** Bytes. */
  memory: number;
  vcpus: number;
  disks: DomainDisk[];
  network?: string;
  metadata?: Metadata;
  /** The document itself, for changes that keep all else. */
  xml: string;
}

/** What asks for the list. */
export const LIST = look("list", "--all", "--title");

/** The answer to `LIST`. */
export function readList(text: string): Listed[] {
  return readTable(text).map((row) => ({
    name: row.Name!,
    state: row.State as State,
    ...readTitle(row.Title ?? ""),
  }));
}

/**
 * All domains, also those that are not ours. virsh asks each for its title, and
 * gives up where one has gone since it was counted: it is asked again then.
 */
export async function listDomains(virsh: Virsh): Promise<Listed[]> {
  let answer = await virsh.try(LIST);
  for (let left = 10; !answer.ok && isGone(answer.error) && left > 0; left--) {
    answer = await virsh.try(LIST);
  }
  return readList(demand("cannot list VMs", answer));
}

function isGone(error: string): boolean {
  return /domain not found|no domain with matching/i.test(error);
}

/** Asks for a domain as it is (or, `inactive`, will be at its next start). */
export function dump(name: string, inactive = false) {
  return look("dumpxml", ...(inactive ? ["--inactive"] : []), "--", name);
}

/** The domain that an answer to `dump` describes. */
export function readDomain(xml: string): Domain {
  const root = readXml(xml);
  const disks = children(find(root, "devices")!, "disk")
    .filter((disk) => attribute(disk, "source", "file"))
    .map((disk) => ({
      path: attribute(disk, "source", "file")!,
      target: attribute(disk, "target", "dev")!,
      serial: textOf(disk, "serial"),
    }));
  return {
    name: textOf(root, "name")!,
    uuid: textOf(root, "uuid")!,
    type: root.attributes.type as Domain["type"],
    memory: Number(textOf(root, "memory")) * 1024,
    vcpus: Number(textOf(root, "vcpu")),
    disks,
    network: attribute(root, "devices/interface/source", "network"),
    metadata: readMetadata(root),
    xml,
  };
}

/**
 * The domain of that name.
 *
 * @throws {Failure} `missing`.
 */
export async function getDomain(
  virsh: Virsh,
  name: string,
  inactive = false,
): Promise<Domain> {
  const answer = await virsh.try(dump(name, inactive));
  if (answer.ok) return readDomain(answer.stdout);
  if (/failed to get domain/.test(answer.error)) throw noSuchVm(name);
  return readDomain(demand(`cannot read "${name}"`, answer));
}

/** The snapshots that its metadata lists. */
export function snapshotsOf(domain: Domain): SnapshotRecord[] {
  return domain.metadata?.snapshots ?? [];
}

/** All domains with their XML, in two virsh processes. */
export async function getDomains(
  virsh: Virsh,
  names: string[],
): Promise<Domain[]> {
  const answers = await virsh.batch(names.map((name) => dump(name, true)));
  // One that vanished between two calls is not there.
  return answers.filter(({ ok }) => ok).map(({ stdout }) => readDomain(stdout));
}

/** The same as they are, of those that run. */
export async function getRunning(
  virsh: Virsh,
  names: string[],
): Promise<Domain[]> {
  const answers = await virsh.batch(names.map((name) => dump(name)));
  return answers.filter(({ ok }) => ok).map(({ stdout }) => readDomain(stdout));
}

export function noSuchVm(name: string): Failure {
  return new Failure(
    "missing",
    `cannot find "${name}"`,
    "no VM has that name",
    "vms-list",
  );
}

/** The domain's line, which must be there and one of ours. */
export function findListed(list: Listed[], name: string): Listed {
  const found = list.find((one) => one.name === name);
  if (!found) throw noSuchVm(name);
  if (found.kind === "spare") {
    throw new Failure(
      "conflict",
      `cannot work on "${name}"`,
      "it is a spare in a pool, and nobody's VM yet",
      "vms-pool status",
    );
  }
  if (!found.kind) {
    throw new Failure(
      "conflict",
      `cannot work on "${name}"`,
      "vms did not make that VM",
      `virsh dominfo ${name}`,
    );
  }
  return found;
}

/** True where the guest's processes exist, also paused or shutting down. */
export function active(state: State): boolean {
  return state !== "shut off" && state !== "crashed";
}

export const define = (xml: string) => change(["define", XML_FILE], xml);

/** Start a domain that is not kept; it is paused where `paused` is given. */
export function create(xml: string, paused = false) {
  return change(["create", XML_FILE, ...(paused ? ["--paused"] : [])], xml);
}

/** Forget a domain; its NVRAM and disks are volumes, and stay. */
export function undefine(name: string) {
  return change([
    "undefine",
    "--keep-nvram",
    "--managed-save",
    "--snapshots-metadata",
    "--",
    name,
  ]);
}

/** Change what a domain that runs says of itself: `metadata.ts`. */
export function relabel(name: string, metadata: Metadata) {
  const element = metadataXml(metadata).text;
  const set = ["--live", "--key", "vms", "--set", plainElement(element)];
  return [
    change(["metadata", name, NAMESPACE, ...set]),
    change(["desc", "--live", "--title", name, titleOf(metadata)]),
  ];
}

/** libvirt puts the prefix before the outermost name itself. */
function plainElement(xml: string): string {
  return xml.replace(/^<vms:vm\b/, "<vm").replace(/<\/vms:vm>$/, "</vm>")
    .replace(` xmlns:vms="${NAMESPACE}"`, "");
}

export const destroy = (name: string) => change(["destroy", "--", name]);
