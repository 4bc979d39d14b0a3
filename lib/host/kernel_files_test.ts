import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { realRun } from "../process/run.ts";
import { kernelFiles, kibibyteFields } from "./kernel_files.ts";

const run = realRun({ trace: false, dryRun: false, log() {} });

Deno.test("kernelFiles() leaves out what is empty or not there", async () => {
  const directory = await Deno.makeTempDir();
  const path = (name: string) => join(directory, name);
  await Deno.writeTextFile(path("a:b"), "one: 1\n\ntwo\n");
  await Deno.writeTextFile(path("empty"), "");
  const paths = ["a:b", "empty", "gone"].map(path);
  assertEquals(
    await kernelFiles(run, paths),
    new Map([[path("a:b"), "one: 1\n\ntwo\n"]]),
  );
  assertEquals(await kernelFiles(run, []), new Map());
  await Deno.remove(directory, { recursive: true });
});

Deno.test("kibibyteFields() reads only lines of that form", () => {
  const text = "Name:\tRss: 5 kB\nRss:      12 kB\nThreads: 4\nPss: x kB\n";
  assertEquals(kibibyteFields(text), new Map([["Rss", 12288]]));
  assertEquals(kibibyteFields(), new Map());
});
