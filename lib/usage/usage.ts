/** What VMs use of the host: counters of two moments, and what lies between. */

import { Failure } from "../command/failure.ts";
import type { Column } from "../command/output.ts";
import { channelConnected } from "../libvirt/channel.ts";
import {
  active,
  dump,
  LIST,
  listDomains,
  type Listed,
  readList,
} from "../libvirt/domain.ts";
import { type DomainStats, readDomainStats } from "../libvirt/domain_stats.ts";
import { demand, look, type Virsh } from "../libvirt/virsh.ts";
import { byName } from "../names/names.ts";
import { humanSize } from "../names/values.ts";

/** All VMs at one moment. */
export interface Sample {
  /** Milliseconds of a clock that never goes back; for differences. */
  at: number;
  /** Seconds since 1970. */
  time: number;
  vms: Listed[];
  stats: Map<string, DomainStats>;
  /** Whether qemu-guest-agent is there, of those that run. */
  agents: Map<string, boolean | undefined>;
}

/** One VM in one tick. Null is not known; of a VM that is off most is not. */
export interface Usage {
  /** Seconds since 1970. */
  time: number;
  name: string;
  state: string;
  kind: string;
  template: string | null;
  /** 100 is one CPU of the host. */
  cpuPercent: number | null;
  vcpus: number | null;
  /** What QEMU holds of the host's memory. */
  residentBytes: number | null;
  memoryBytes: number | null;
  memoryMaxBytes: number | null;
  /** Its layers, up to the last byte that was written. */
  diskBytes: number | null;
  /** Since the tick before. */
  diskGrowthBytes: number | null;
  diskReadBytesPerSecond: number | null;
  diskWrittenBytesPerSecond: number | null;
  networkReceivedBytesPerSecond: number | null;
  networkSentBytesPerSecond: number | null;
  /** Whether qemu-guest-agent has opened its port. */
  agentConnected: boolean | null;
}

/** Ask libvirt: one `domstats` for all VMs, whatever their number. */
export async function takeSample(virsh: Virsh): Promise<Sample> {
  const asked = [LIST, look("domstats", "--raw", "--nowait")];
  const [list, stats] = await virsh.batch(asked);
  const at = performance.now();
  const vms = list!.ok ? readList(list!.stdout) : await listDomains(virsh);
  const counted = readDomainStats(demand("cannot read statistics", stats!));
  const running = vms.filter(({ kind, state }) => kind && active(state));
  const xml = await virsh.batch(running.map(({ name }) => dump(name)));
  return {
    at,
    time: Math.floor(Date.now() / 1000),
    vms,
    stats: new Map(counted.map((one) => [one.name, one])),
    agents: new Map(running.map(({ name }, i) => [
      name,
      xml[i]!.ok
        ? channelConnected(xml[i]!.stdout, "org.qemu.guest_agent.0")
        : undefined,
    ])),
  };
}

/** Those of `names`, or all AppVMs and disposables, as of the later moment. */
export function usage(
  before: Sample | undefined,
  now: Sample,
  names: readonly string[] = [],
): Usage[] {
  const wanted = ({ name, kind }: Listed) =>
    names.length > 0
      ? names.includes(name)
      : kind === "appvm" || kind === "disposable";
  return now.vms.filter(wanted).sort((a, b) => byName(a.name, b.name))
    .map((vm) => usageOf(vm, before, now));
}

/**
 * One of `names` must still be there, if any are named.
 *
 * @throws {Failure} `missing`.
 */
export function demandAny({ vms }: Sample, names: readonly string[]): void {
  const gone = names.every((name) => vms.every((vm) => vm.name !== name));
  if (names.length === 0 || !gone) return;
  const what = `cannot find ${names.map((name) => `"${name}"`).join(", ")}`;
  const why = "no VM has that name any more";
  throw new Failure("missing", what, why, "vms-list");
}

function usageOf(vm: Listed, before: Sample | undefined, now: Sample): Usage {
  const runs = active(vm.state);
  const last = before?.stats.get(vm.name);
  const stats = now.stats.get(vm.name);
  const seconds = (now.at - (before?.at ?? 0)) / 1000;
  /** Growth per second; none where it started anew in between. */
  const rate = (pick: (stats: DomainStats) => number | undefined) => {
    const grown = growth(last && pick(last), stats && pick(stats));
    return runs && grown !== null && grown >= 0 ? grown / seconds : null;
  };
  const running = (value: number | undefined) => runs ? value ?? null : null;
  const cpu = rate(({ cpuTime }) => cpuTime);
  const whole = (value: number | null) =>
    value === null ? null : Math.round(value);
  return {
    time: now.time,
    name: vm.name,
    state: vm.state === "shut off" ? "off" : vm.state,
    kind: vm.kind ?? "foreign",
    template: vm.template ?? null,
    cpuPercent: cpu === null ? null : Math.round(cpu / 1e6) / 10,
    vcpus: running(stats?.vcpus),
    residentBytes: running(stats?.resident),
    memoryBytes: running(stats?.memory),
    memoryMaxBytes: stats?.memoryMax ?? null,
    diskBytes: stats ? allocated(stats) ?? null : null,
    diskGrowthBytes: growth(last && allocated(last), stats && allocated(stats)),
    diskReadBytesPerSecond: whole(rate((one) => sum(one, "read"))),
    diskWrittenBytesPerSecond: whole(rate((one) => sum(one, "written"))),
    networkReceivedBytesPerSecond: whole(rate(({ received }) => received)),
    networkSentBytesPerSecond: whole(rate(({ sent }) => sent)),
    agentConnected: runs ? now.agents.get(vm.name) ?? null : null,
  };
}

function growth(from: number | undefined, to: number | undefined) {
  return from === undefined || to === undefined ? null : to - from;
}

/** Bytes of its layers that are written; undefined where one is not known. */
export function allocated(stats: DomainStats): number | undefined {
  return sum(stats, "allocation");
}

/** Undefined where it is not known of every disk. */
function sum(
  { disks }: DomainStats,
  key: "allocation" | "read" | "written",
): number | undefined {
  const values = disks.map((disk) => disk[key]);
  if (values.length === 0 || values.includes(undefined)) return;
  return values.reduce<number>((all, value) => all + value!, 0);
}

const size = (bytes: number | null) => bytes === null ? "-" : humanSize(bytes);
const signed = (bytes: number | null) =>
  bytes === null || bytes < 0 ? size(bytes && -bytes) : `+${humanSize(bytes)}`;
const rate = (bytes: number | null) =>
  bytes === null ? "-" : `${humanSize(bytes)}/s`;

/** What a person is shown. */
export const USAGE_COLUMNS: Column<Usage>[] = [
  { header: "NAME", text: ({ name }) => name },
  { header: "STATE", text: ({ state }) => state },
  {
    header: "CPU",
    text: ({ cpuPercent }) =>
      cpuPercent === null ? "-" : `${cpuPercent.toFixed(1)}%`,
  },
  { header: "VCPUS", text: ({ vcpus }) => `${vcpus ?? "-"}` },
  { header: "RESIDENT", text: ({ residentBytes }) => size(residentBytes) },
  { header: "MEMORY", text: ({ memoryBytes }) => size(memoryBytes) },
  { header: "OF", text: ({ memoryMaxBytes }) => size(memoryMaxBytes) },
  { header: "DISK", text: ({ diskBytes }) => size(diskBytes) },
  { header: "GROWTH", text: ({ diskGrowthBytes }) => signed(diskGrowthBytes) },
  {
    header: "RECEIVED",
    text: (one) => rate(one.networkReceivedBytesPerSecond),
  },
  { header: "SENT", text: (one) => rate(one.networkSentBytesPerSecond) },
  {
    header: "AGENT",
    text: ({ agentConnected }) =>
      agentConnected === null ? "-" : agentConnected ? "yes" : "no",
  },
];
