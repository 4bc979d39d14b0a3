import { assert, assertEquals } from "@std/assert";
import { fakeRun } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { processMemory } from "./process_memory.ts";

Deno.test("processMemory() measures a process that is there", async () => {
  const run = realRun({ trace: false, dryRun: false, log() {} });
  const gone = 2 ** 22 + 1;
  const found = await processMemory(run, [Deno.pid, gone]);
  assertEquals([...found.keys()], [Deno.pid]);
  const { resident, anonymous, pages } = found.get(Deno.pid)!;
  assert(anonymous > 2 ** 20 && anonymous < resident);
  assert(pages!.proportional <= pages!.shared + pages!.private);
  assert(pages!.proportionalAnonymous <= pages!.proportional);
});

const GREP = "grep -HsZ  -- " +
  ["status", "smaps_rollup", "ksm_merging_pages"].map((name) =>
    `/proc/7/${name}`
  ).join(" ");
const STATUS = [
  ...["Name:\tqemu", "VmRSS:\t 300 kB", "RssAnon:\t 200 kB"],
  ...["RssFile:\t 60 kB", "RssShmem:\t 40 kB", "VmSwap:\t 8 kB"],
].map((line) => `/proc/7/status\0${line}\n`).join("");
const BASE = {
  resident: 300 * 1024,
  anonymous: 200 * 1024,
  shmem: 40 * 1024,
  swapped: 8 * 1024,
};

Deno.test("processMemory() knows less where it may not look closely", async () => {
  using run = fakeRun([[GREP, { code: 2, stdout: STATUS }]]);
  assertEquals(
    await processMemory(run, [7]),
    new Map([[7, { ...BASE, pages: undefined }]]),
  );
});

Deno.test("processMemory() reads pages, merged ones where the kernel counts them", async () => {
  const rollup = [
    ...["00000-fffff ---p 00000000 00:00 0 [rollup]", "Pss: 100 kB"],
    ...["Pss_Anon: 80 kB", "Shared_Clean: 10 kB", "Shared_Dirty: 20 kB"],
    ...["Private_Clean: 1 kB", "Private_Dirty: 2 kB", "SwapPss: 4 kB"],
  ].map((line) => `/proc/7/smaps_rollup\0${line}\n`).join("");
  const pages = {
    proportional: 100 * 1024,
    proportionalAnonymous: 80 * 1024,
    proportionalSwapped: 4 * 1024,
    shared: 30 * 1024,
    private: 3 * 1024,
  };
  for (const [text, merged] of [["", undefined], ["3", 3 * 4096]] as const) {
    const merging = text && `/proc/7/ksm_merging_pages\0${text}\n`;
    const stdout = STATUS + rollup + merging;
    using run = fakeRun([[GREP, { stdout }]]);
    const found = await processMemory(run, [7]);
    assertEquals(found.get(7), { ...BASE, pages: { ...pages, merged } });
  }
});
