/** What VMs use, asked of VMs that do: vms-stats. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, fails, inGuest, vms } from "../e2e/vms.ts";

const VM = "pw-busy";

type Row = Record<string, unknown>;

async function rows(...args: string[]): Promise<Row[]> {
  const text = await vms("stats", "--json", ...args);
  return text.trim().split("\n").filter(Boolean).map((line) =>
    JSON.parse(line)
  );
}

Deno.test("vms-stats shows a VM that is off as off, and 0 for nothing", async () => {
  await vms("clone", "minimal", VM);
  const [row] = await rows(VM);
  const { time, diskBytes, diskGrowthBytes, memoryMaxBytes, ...rest } = row!;
  assert(Math.abs(Date.now() / 1000 - Number(time)) < 60);
  assertEquals([memoryMaxBytes, diskGrowthBytes], [2 ** 30, 0]);
  assert(Number(diskBytes) > 0);
  const { name, state, kind, template, ...unknown } = rest;
  assertEquals([name, state, kind], [VM, "off", "appvm"]);
  assertMatch(String(template), /^minimal@\d+$/);
  assertEquals(new Set(Object.values(unknown)), new Set([null]));
  assertMatch(
    await vms("stats", VM),
    /^NAME +STATE +CPU .*\npw-busy +off +- +- +- +- +1\.0 GiB .*-\n$/,
  );
});

Deno.test("vms-stats sees what a VM that runs is doing", async () => {
  await vms("destroy", VM);
  await vms("clone", "--start", "minimal", VM);
  const busy = "while sleep 0.1; do head -c 1M /dev/urandom >>/root/x; done";
  const work = ["timeout", "150", "sh", "-c", busy];
  await inGuest(VM, "systemd-run", "--quiet", "--", ...work);
  await eventually(async () => {
    const [row] = await rows("--interval", "3s", VM);
    const at = (key: string) => Number(row![key] ?? NaN);
    assertEquals([row!.state, row!.agentConnected], ["running", true]);
    assert(at("cpuPercent") > 5, `${row!.cpuPercent}%`);
    assertEquals([at("vcpus") > 0, at("memoryBytes")], [true, 2 ** 30]);
    assert(at("residentBytes") > 2 ** 27);
    assert(at("diskGrowthBytes") > 0, `${row!.diskGrowthBytes} bytes`);
    assert(at("diskWrittenBytesPerSecond") > 0);
    assert(at("networkReceivedBytesPerSecond") >= 0);
  }, 120);
});

Deno.test("vms-stats --watch is a line for each VM and tick", async () => {
  const child = new Deno.Command("vms-stats", {
    args: ["--watch", "--json", "-i", "2s", VM],
    stdout: "piped",
  }).spawn();
  const ticks: Row[] = [];
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const text of lines) {
    for (const line of text.split("\n").filter(Boolean)) {
      ticks.push(JSON.parse(line));
    }
    if (ticks.length === 3) child.kill("SIGINT");
  }
  assertEquals((await child.status).code, 130);
  const times = ticks.map(({ time }) => Number(time));
  assert(times[2]! - times[0]! >= 3, times.join());
});

Deno.test("vms-stats --watch is a table at each tick where nobody watches", async () => {
  const child = new Deno.Command("vms-stats", {
    args: ["--watch", "-i", "1s", VM],
    stdout: "piped",
  }).spawn();
  let seen = "";
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const tables = () => seen.match(/^NAME +STATE .*\npw-busy +running /gm) ?? [];
  let killed = false;
  for await (const text of lines) {
    seen += text;
    // Two ticks may come in one piece, and more after the signal.
    if (killed || tables().length < 2) continue;
    killed = true;
    child.kill("SIGINT");
  }
  assertEquals((await child.status).code, 130, seen);
});

Deno.test("vms-stats refuses names that are none, and times that are none", async () => {
  await fails(3, "no VM has that name", "stats", VM, "pw-none");
  await fails(2, "it is at least 1 second", "stats", "-i", "0");
});

Deno.test("vms-stats --watch ends when the last of those named is gone", async () => {
  const child = new Deno.Command("vms-stats", {
    args: ["--watch", "--json", "-i", "1s", VM],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  const ticks = child.stdout[Symbol.asyncIterator]();
  await ticks.next();
  await vms("stop", "--force", "--timeout", "0", VM);
  await vms("destroy", VM);
  while (!(await ticks.next()).done);
  assertEquals((await child.status).code, 3);
  assertEquals(
    await said,
    `vms-stats: cannot find "${VM}": no VM has that name any more\n` +
      "vms-stats: try: vms-list\n",
  );
  await fails(3, "no VM has that name", "stats", VM);
});
