import { assertEquals } from "@std/assert";
import { fakeRun } from "../process/fake_run.ts";
import { realRun } from "../process/run.ts";
import { type Expected, withLibvirt } from "./fake_virsh.ts";
import { syncPool } from "./sync.ts";
import { Virsh } from "./virsh.ts";
import { Pool } from "./volume.ts";

const WHERE: Expected = ["virsh pool-dumpxml -- default", {
  stdout: "<pool><target><path>/pool</path></target></pool>",
}];

Deno.test("syncPool() waits for the file system that the pool is on", () =>
  withLibvirt(
    [WHERE, ["sync --file-system /pool"]],
    ({ pool }) => syncPool(pool),
  ));

Deno.test("syncPool() waits for all of them where the pool cannot be read", () =>
  withLibvirt([
    WHERE,
    ["sync --file-system /pool", { error: "Permission denied" }],
    ["sync"],
  ], ({ pool }) => syncPool(pool)));

Deno.test("syncPool() leaves another host to itself", async () => {
  using run = fakeRun([]);
  const virsh = new Virsh(run, "qemu+ssh://host/system");
  await syncPool(new Pool(virsh, "default"));
});

Deno.test("sync takes the words that syncPool() gives it", async () => {
  const run = realRun({ trace: false, dryRun: false, log() {} });
  const { code } = await run(["sync", "--file-system", "/proc/self"]);
  assertEquals(code, 0);
});
