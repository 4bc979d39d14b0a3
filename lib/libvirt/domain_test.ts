import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { fakeRun } from "../process/fake_run.ts";
import { active, findListed, getDomain, readList } from "./domain.ts";
import { Virsh } from "./virsh.ts";

const LISTED = readList(` Id   Name     State      Title
-----------------------------------------
 1    web      running    appvm on gui@3
 -    gui@3    shut off   template
 -    other    paused     Windows
`);

Deno.test("readList() tells ours from others", () => {
  assertEquals(LISTED, [
    { name: "web", state: "running", kind: "appvm", template: "gui@3" },
    { name: "gui@3", state: "shut off", kind: "template", template: undefined },
    { name: "other", state: "paused" },
  ]);
});

Deno.test("findListed() refuses what is missing, and what is not ours", () => {
  assertEquals(findListed(LISTED, "web").state, "running");
  const missing = assertThrows(() => findListed(LISTED, "nope"), Failure);
  assertEquals([missing.exit, missing.message], [
    "missing",
    'cannot find "nope": no VM has that name',
  ]);
  const other = assertThrows(() => findListed(LISTED, "other"), Failure);
  assertEquals([other.exit, other.message], [
    "conflict",
    'cannot work on "other": vms did not make that VM',
  ]);
});

Deno.test("active() where the guest's processes exist", () => {
  assertEquals(active("running"), true);
  assertEquals(active("paused"), true);
  assertEquals(active("in shutdown"), true);
  assertEquals(active("shut off"), false);
  assertEquals(active("crashed"), false);
});

Deno.test("getDomain() tells missing from other failures", async () => {
  using run = fakeRun([
    ["virsh -c test:///default dumpxml -- a", {
      code: 1,
      stderr: "error: failed to get domain 'a'\n",
    }],
    ["virsh -c test:///default dumpxml --inactive -- a", {
      code: 1,
      stderr: "error: internal error\n",
    }],
  ]);
  const virsh = new Virsh(run, "test:///default");
  const missing = await assertRejects(() => getDomain(virsh, "a"), Failure);
  assertEquals(missing.exit, "missing");
  const failed = await assertRejects(
    () => getDomain(virsh, "a", true),
    Failure,
  );
  assertEquals([failed.exit, failed.message], [
    "failed",
    'cannot read "a": internal error',
  ]);
});
