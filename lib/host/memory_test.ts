import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { fakeRun } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { hostMemory } from "./memory.ts";

Deno.test("hostMemory() is that of this machine", async () => {
  const run = realRun({ trace: false, dryRun: false, log() {} });
  const { total, available, swapFree } = await hostMemory(run);
  assert(available > 0 && available < total && swapFree >= 0);
});

Deno.test("hostMemory() refuses to guess", async () => {
  using run = fakeRun([["grep -HsZ  -- /proc/meminfo", {
    stdout: "/proc/meminfo\0MemTotal: 5 kB\n",
  }]]);
  const error = await assertRejects(() => hostMemory(run), Failure);
  assertEquals(
    error.message,
    "cannot tell how much memory there is: /proc/meminfo does not say",
  );
});
