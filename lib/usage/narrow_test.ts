import { assert, assertEquals } from "@std/assert";
import { table } from "../command/output.ts";
import { steadyColumns } from "./narrow.ts";
import type { Usage } from "./usage.ts";

const KIB = 2 ** 10;

function row(name: string, given: Partial<Usage> = {}): Usage {
  return {
    time: 0,
    name,
    state: "running",
    kind: "appvm",
    template: null,
    cpuPercent: 150,
    vcpus: 2,
    residentBytes: 800 * 2 ** 20,
    memoryBytes: 2 ** 30,
    memoryMaxBytes: 2 ** 31,
    diskBytes: 700 * 2 ** 20,
    diskGrowthBytes: 4 * KIB,
    diskReadBytesPerSecond: 0,
    diskWrittenBytesPerSecond: 0,
    networkReceivedBytesPerSecond: 2 * KIB,
    networkSentBytesPerSecond: 0,
    agentConnected: true,
    ...given,
  };
}

const BUSY = row("work-client1", {
  diskGrowthBytes: 1000 * KIB,
  networkReceivedBytesPerSecond: 1000 * KIB,
  networkSentBytesPerSecond: 1000 * KIB,
});

const headers = (columns: { header: string }[]) =>
  columns.map(({ header }) => header).join(" ");

const ALL = "NAME STATE CPU VCPUS RESIDENT MEMORY OF DISK GROWTH RECEIVED " +
  "SENT AGENT";

Deno.test("steadyColumns() leaves out what weighs least, and nothing where all fits", () => {
  const rows = [BUSY];
  assertEquals(headers(steadyColumns()(rows, 200)), ALL);
  const at = (width: number) => headers(steadyColumns()(rows, width));
  assertEquals(at(110), ALL.replace(" VCPUS", ""));
  assertEquals(at(80), "NAME STATE CPU MEMORY GROWTH RECEIVED SENT AGENT");
  assertEquals(at(10), "NAME GROWTH RECEIVED SENT AGENT");
});

Deno.test("steadyColumns() make lines that a terminal of 80 columns shows whole", () => {
  const columns = steadyColumns()([BUSY], 80);
  for (const line of table([BUSY], columns)) {
    assert(line.length <= 80, `${line.length}: ${line}`);
  }
});

Deno.test("steadyColumns() brings a column back where the screen changes alone", () => {
  const columns = steadyColumns();
  const busy = headers(columns([BUSY], 80));
  assertEquals(headers(columns([row("web")], 80)), busy);
  assertEquals(headers(columns([row("web")], 200)), ALL);
  assertEquals(columns([], 80).length, ALL.split(" ").length);
});
