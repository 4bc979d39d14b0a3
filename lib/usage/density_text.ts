/** Density as a person reads it. */

import { type Column, table } from "../command/output.ts";
import type { Ksm } from "../host/ksm.ts";
import { humanSize } from "../names/values.ts";
import type { Density, RamFile, VmDensity } from "./density.ts";

const size = (bytes: number | null) => bytes === null ? "-" : humanSize(bytes);

const COLUMNS: Column<VmDensity>[] = [
  { header: "NAME", text: ({ name }) => name },
  { header: "STATE", text: ({ state }) => state },
  { header: "RAM", text: ({ ram }) => ram },
  { header: "OWN", text: ({ ownBytes }) => size(ownBytes) },
  { header: "OF", text: ({ memoryMaxBytes }) => size(memoryMaxBytes) },
  { header: "RESIDENT", text: ({ residentBytes }) => size(residentBytes) },
  { header: "PSS", text: ({ proportionalBytes }) => size(proportionalBytes) },
  { header: "SHARED", text: ({ sharedBytes }) => size(sharedBytes) },
  { header: "PRIVATE", text: ({ privateBytes }) => size(privateBytes) },
  { header: "SWAPPED", text: ({ swappedBytes }) => size(swappedBytes) },
  { header: "KSM", text: ({ ksmBytes }) => size(ksmBytes) },
  { header: "DISK", text: ({ diskBytes }) => size(diskBytes) },
];

/** A table of the VMs, and what they come to. */
export function densityLines(density: Density): string[] {
  const rows = table(density.vms, COLUMNS);
  return [
    ...rows,
    ...(rows.length > 0 ? [""] : []),
    vmsLine(density),
    ...density.ramFiles.map(ramFileLine),
    ksmLine(density.ksm),
    hostLine(density),
  ];
}

/** What stands in the way of better figures; undefined for nothing. */
export function missingFigures({ vms }: Density): string | undefined {
  const of = (source: VmDensity["source"]) =>
    vms.filter((vm) => vm.source === source).map(({ name }) => name);
  if (of("libvirt").length > 0) {
    return `of ${of("libvirt").join(", ")} libvirt's figures are shown: ` +
      "QEMU's process cannot be looked at from here";
  }
  if (of("status").length > 0) {
    return "PSS, SHARED, PRIVATE and KSM are for root to see; OWN counts what " +
      "KSM merged as if it had not";
  }
}

function vmsLine({ vms, capacity }: Density): string {
  const { measured, ownBytes, eachBytes } = capacity;
  if (vms.length === 0) return "no VM runs";
  if (eachBytes === null) return `${count(vms.length)}, none of them measured`;
  const of = measured < vms.length ? ` of ${vms.length}` : "";
  return `${count(measured)}${of}: ${humanSize(ownBytes)} of their own, ` +
    `${humanSize(eachBytes)} each`;
}

function count(vms: number): string {
  return `${vms} VM${vms === 1 ? "" : "s"}`;
}

function ramFileLine({ path, diskBytes, forks }: RamFile): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return `forked from ${name}: ${count(forks)}; the file: ${size(diskBytes)}`;
}

/** What samepage merging of this host does, and what it has saved. */
export function ksmLine({ state, kept, saved }: Ksm): string {
  if (state === "absent") return "KSM: this kernel has none";
  const merged = saved > 0
    ? `${humanSize(saved)} saved, ${humanSize(kept)} kept for it`
    : "nothing merged";
  return `KSM: ${state}, ${merged}`;
}

function hostLine({ host, capacity }: Density): string {
  const { available, total } = host;
  const { more, moreWhenFull, eachBytes } = capacity;
  const has = `this host: ${humanSize(available)} available of ` +
    humanSize(total);
  if (more === null) return has;
  const full = moreWhenFull === null
    ? ""
    : `, ${moreWhenFull} if all come to use their memory to the full`;
  return `${has}: room for ${more} more of ${size(eachBytes)}${full}`;
}
