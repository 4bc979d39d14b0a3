import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fakeRun } from "./fake_run.ts";

Deno.test("fakeRun() answers the calls of its table", async () => {
  using run = fakeRun([
    ["ls -l", { stdout: "a\n" }],
    ["cat", { stdin: "x", code: 1 }],
  ]);
  assertEquals((await run(["ls", "-l"])).stdout, "a\n");
  assertEquals((await run(["cat"], { stdin: "x", ok: [1] })).code, 1);
});

Deno.test("fakeRun() fails on a call that is not next", async () => {
  const run = fakeRun([["ls"]]);
  await assertRejects(() => run(["rm"]), Error, "rm");
});

Deno.test("fakeRun() fails on a call behind the table's end", async () => {
  using run = fakeRun([]);
  await assertRejects(() => run(["rm"]), Error, "(no further call)");
});

Deno.test("fakeRun() fails where a call was never made", () => {
  const run = fakeRun([["ls"]]);
  assertThrows(() => run[Symbol.dispose](), Error, "calls never made");
});
