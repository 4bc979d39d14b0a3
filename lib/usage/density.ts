/** How much of the host's memory VMs take, and how many more there is room for. */

import { Failure } from "../command/failure.ts";
import { type HostMemory, hostMemory } from "../host/memory.ts";
import { type Ksm, readKsm } from "../host/ksm.ts";
import { type ProcessMemory, processMemory } from "../host/process_memory.ts";
import {
  active,
  dump,
  findListed,
  LIST,
  listDomains,
  type Listed,
  readDomain,
  readList,
} from "../libvirt/domain.ts";
import { type DomainStats, readDomainStats } from "../libvirt/domain_stats.ts";
import { readMemoryFile } from "../libvirt/memory_file.ts";
import { qemuPids } from "../libvirt/qemu_process.ts";
import { hasSharedMemory } from "../libvirt/share_xml.ts";
import { demand, look, type Virsh } from "../libvirt/virsh.ts";
import { byName } from "../names/names.ts";
import { type Capacity, capacity } from "./capacity.ts";
import { allocated } from "./usage.ts";

/**
 * `private` memory is QEMU's alone. `shared` memory can be mapped by virtiofsd
 * as well, and KSM cannot merge it. `forked` memory is a private mapping of
 * one file that others map too; a page is copied when it is written to.
 */
export type Ram = "private" | "shared" | "forked";

/** One VM that runs. Bytes; null is not known. */
export interface VmDensity {
  name: string;
  state: string;
  kind: string;
  template: string | null;
  /** Where figures come from: `pages` needs root, `libvirt` knows least. */
  source: "pages" | "status" | "libvirt";
  ram: Ram;
  /** Path of the file that a fork maps. */
  ramFile: string | null;
  memoryBytes: number | null;
  memoryMaxBytes: number | null;
  residentBytes: number | null;
  proportionalBytes: number | null;
  sharedBytes: number | null;
  privateBytes: number | null;
  swappedBytes: number | null;
  ksmBytes: number | null;
  /** What the host would have back without it, swapped memory included. */
  ownBytes: number | null;
  /** Its layers, up to the last byte that was written. */
  diskBytes: number | null;
}

/** A file of RAM, and the VMs whose memory begins as a copy of it. */
export interface RamFile {
  path: string;
  /** Bytes on the disk; null where it cannot be looked at. */
  diskBytes: number | null;
  forks: number;
}

export interface Density {
  vms: VmDensity[];
  ramFiles: RamFile[];
  ksm: Ksm;
  host: HostMemory;
  capacity: Capacity;
}

/** What is known of a VM before it is made a row. */
export interface Known {
  vm: Listed;
  stats?: DomainStats;
  memory?: ProcessMemory;
  xml: string;
}

/**
 * Measure those of `names`, or all AppVMs and disposables that run.
 *
 * @throws {Failure} `host` where VMs run on another machine, `missing` for a
 *   name, `conflict` for a VM that is off.
 */
export async function measureDensity(
  virsh: Virsh,
  names: readonly string[],
): Promise<Density> {
  refuseRemote(virsh);
  const stats = look("domstats", "--raw", "--nowait", "--balloon", "--block");
  const [listed, counted] = await virsh.batch([LIST, stats]);
  const list = listed!.ok ? readList(listed!.stdout) : await listDomains(virsh);
  const chosen = choose(list, names);
  const known = await lookAt(
    virsh,
    chosen,
    readDomainStats(demand("cannot read statistics", counted!)),
  );
  const vms = known.map(densityOf);
  const host = await hostMemory(virsh.run);
  return {
    vms,
    ramFiles: await ramFilesOf(vms),
    ksm: await readKsm(virsh.run),
    host,
    capacity: capacity(vms, host.available),
  };
}

function refuseRemote({ local, uri }: Virsh) {
  if (local) return;
  const [, host] = /^[^:]+:\/\/([\w.@-]+)\//.exec(uri) ?? [];
  throw new Failure(
    "host",
    "cannot measure memory",
    "the VMs run on another machine",
    host && /^[^:]+ssh/.test(uri) ? `ssh ${host} vms-density` : undefined,
  );
}

function choose(list: Listed[], names: readonly string[]): Listed[] {
  if (names.length === 0) {
    return list.filter(({ kind, state }) =>
      active(state) && (kind === "appvm" || kind === "disposable")
    )
      .sort((a, b) => byName(a.name, b.name));
  }
  return [...new Set(names)].map((name) => {
    const vm = findListed(list, name);
    if (active(vm.state)) return vm;
    const what = `cannot measure "${name}"`;
    throw new Failure("conflict", what, "it is off", `vms-start ${name}`);
  }).sort((a, b) => byName(a.name, b.name));
}

/** One that stopped since it was listed is left out. */
async function lookAt(
  virsh: Virsh,
  chosen: Listed[],
  counted: DomainStats[],
): Promise<Known[]> {
  const answers = await virsh.batch(chosen.map(({ name }) => dump(name)));
  const there = chosen.map((vm, i) => ({ vm, xml: answers[i]!.stdout }))
    .filter((_, i) => answers[i]!.ok)
    .map((one) => ({ ...one, uuid: readDomain(one.xml).uuid }));
  const pids = await qemuPids(
    virsh,
    there.map(({ vm: { name }, uuid }) => ({ name, uuid })),
  );
  const held = await processMemory(virsh.run, [...pids.values()]);
  return there.map(({ vm, xml, uuid }) => ({
    vm,
    xml,
    stats: counted.find(({ name }) => name === vm.name),
    memory: held.get(pids.get(uuid) ?? 0),
  }));
}

export function densityOf({ vm, stats, memory, xml }: Known): VmDensity {
  const pages = memory?.pages;
  const file = readMemoryFile(xml);
  const ram = ramOf(xml, file);
  return {
    name: vm.name,
    state: vm.state,
    kind: vm.kind ?? "foreign",
    template: vm.template ?? null,
    source: pages ? "pages" : memory ? "status" : "libvirt",
    ram,
    ramFile: file && !file.shared ? file.path : null,
    memoryBytes: stats?.memory ?? null,
    memoryMaxBytes: stats?.memoryMax ?? null,
    residentBytes: memory?.resident ?? stats?.resident ?? null,
    proportionalBytes: pages?.proportional ?? null,
    sharedBytes: pages?.shared ?? null,
    privateBytes: pages?.private ?? null,
    swappedBytes: memory?.swapped ?? null,
    ksmBytes: pages?.merged ?? null,
    ownBytes: memory ? own(memory, ram) : null,
    diskBytes: stats ? allocated(stats) ?? null : null,
  };
}

/**
 * Files do not count: the host can drop and read them again, and forks have
 * theirs together. RAM that virtiofs can map counts whole, as no other VM has
 * it. Who may not see the pages counts those whole that KSM merged.
 */
function own(
  { anonymous, shmem, swapped, pages }: ProcessMemory,
  ram: Ram,
): number {
  return (pages?.proportionalAnonymous ?? anonymous) +
    (ram === "forked" ? 0 : shmem) +
    (pages?.proportionalSwapped ?? swapped);
}

function ramOf(xml: string, file?: { shared: boolean }): Ram {
  if (file) return file.shared ? "shared" : "forked";
  return hasSharedMemory(xml) ? "shared" : "private";
}

async function ramFilesOf(vms: readonly VmDensity[]): Promise<RamFile[]> {
  const paths = vms.map(({ ramFile }) => ramFile).filter((path) =>
    path !== null
  );
  return await Promise.all(
    [...new Set(paths)].sort(byName).map(async (path) => ({
      path,
      diskBytes: await diskBytes(path),
      forks: paths.filter((one) => one === path).length,
    })),
  );
}

async function diskBytes(path: string): Promise<number | null> {
  const file = await Deno.stat(path).catch(() => undefined);
  return file?.blocks == null ? null : file.blocks * 512;
}
