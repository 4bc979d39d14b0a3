import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { table } from "../command/output.ts";
import type { Listed } from "../libvirt/domain.ts";
import type { DomainStats } from "../libvirt/domain_stats.ts";
import { demandAny, type Sample, usage, USAGE_COLUMNS } from "./usage.ts";

function stats(name: string, given: Partial<DomainStats>): DomainStats {
  return { name, disks: [], ...given };
}

function sample(
  at: number,
  vms: Listed[],
  counted: DomainStats[],
  agents: [string, boolean | undefined][] = [],
): Sample {
  return {
    at,
    time: 1000 + at / 1000,
    vms,
    stats: new Map(counted.map((one) => [one.name, one])),
    agents: new Map(agents),
  };
}

const WEB: Listed = {
  name: "web",
  state: "running",
  kind: "appvm",
  template: "gui@3",
};
const OFF: Listed = { name: "idle", state: "shut off", kind: "appvm" };
const VERSION: Listed = { name: "gui@3", state: "shut off", kind: "template" };

const BEFORE = sample(5000, [WEB, OFF, VERSION], [
  stats("web", {
    cpuTime: 1e9,
    disks: [{ target: "vda", allocation: 100, read: 0, written: 50 }],
    received: 1000,
    sent: 0,
  }),
]);
const NOW = sample(7000, [WEB, OFF, VERSION], [
  stats("web", {
    cpuTime: 4e9,
    vcpus: 2,
    resident: 3 * 2 ** 20,
    memory: 2 ** 30,
    memoryMax: 2 ** 31,
    disks: [{ target: "vda", allocation: 4196, read: 0, written: 4146 }],
    received: 5096,
    sent: 0,
  }),
  stats("idle", { memoryMax: 2 ** 30 }),
], [["web", true]]);

Deno.test("usage() is rates between two moments, off VMs as off", () => {
  const [idle, web, ...others] = usage(BEFORE, NOW);
  assertEquals(others, []);
  assertEquals(web, {
    time: 1007,
    name: "web",
    state: "running",
    kind: "appvm",
    template: "gui@3",
    cpuPercent: 150,
    vcpus: 2,
    residentBytes: 3 * 2 ** 20,
    memoryBytes: 2 ** 30,
    memoryMaxBytes: 2 ** 31,
    diskBytes: 4196,
    diskGrowthBytes: 4096,
    diskReadBytesPerSecond: 0,
    diskWrittenBytesPerSecond: 2048,
    networkReceivedBytesPerSecond: 2048,
    networkSentBytesPerSecond: 0,
    agentConnected: true,
  });
  const { time, name, state, kind, memoryMaxBytes, ...unknown } = idle!;
  assertEquals([time, name, state, kind], [1007, "idle", "off", "appvm"]);
  assertEquals(memoryMaxBytes, 2 ** 30);
  assertEquals(new Set(Object.values(unknown)), new Set([null]));
});

Deno.test("usage() knows no rate at the first look, or after a restart", () => {
  for (const before of [undefined, sample(5000, [], [])]) {
    const [web] = usage(before, NOW, ["web"]);
    assertEquals(web!.cpuPercent, null);
    assertEquals(web!.diskGrowthBytes, null);
    assertEquals(web!.networkReceivedBytesPerSecond, null);
    assertEquals(web!.diskBytes, 4196);
  }
  const restarted = sample(9000, [WEB], [stats("web", { cpuTime: 5 })]);
  const [web] = usage(NOW, restarted, ["web"]);
  assertEquals(web!.cpuPercent, null);
  assertEquals(web!.agentConnected, null);
});

Deno.test("usage() is of those named, and of none that are gone", () => {
  const named = (names: string[]) =>
    usage(BEFORE, NOW, names).map(({ name }) => name);
  assertEquals(named(["web"]), ["web"]);
  assertEquals(named(["gui@3", "gone"]), ["gui@3"]);
});

Deno.test("demandAny() wants one of those named, where any are", () => {
  demandAny(NOW, []);
  demandAny(NOW, ["gone", "web"]);
  const error = assertThrows(() => demandAny(NOW, ["gone", "too"]), Failure);
  assertEquals(
    [error.exit, error.message],
    ["missing", 'cannot find "gone", "too": no VM has that name any more'],
  );
});

Deno.test("USAGE_COLUMNS show - for what is not known, never 0", () => {
  assertEquals(table(usage(BEFORE, NOW), USAGE_COLUMNS), [
    "NAME  STATE    CPU     VCPUS  RESIDENT  MEMORY   OF       DISK     GROWTH    RECEIVED   SENT   AGENT",
    "idle  off      -       -      -         -        1.0 GiB  -        -         -          -      -",
    "web   running  150.0%  2      3.0 MiB   1.0 GiB  2.0 GiB  4.1 KiB  +4.0 KiB  2.0 KiB/s  0 B/s  yes",
  ]);
});
