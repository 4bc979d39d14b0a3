/** README.md: its console blocks are run as they stand. */

import { assertEquals, assertMatch } from "@std/assert";
import { domains, eventually, fails, run, volumes } from "./vms.ts";

const readme = await Deno.readTextFile(
  new URL("../../README.md", import.meta.url),
);

Deno.test("without ISO and templates commands say how to get them", async () => {
  await fails(3, "vms-iso fetch", "iso", "path");
  await fails(
    3,
    "vms-template build minimal",
    "dispose",
    "minimal",
    "--",
    "true",
  );
  await fails(3, "vms-template build minimal", "template", "build", "gui");
});

for (const [, block = ""] of readme.matchAll(/^```console\n(.*?)^```/gms)) {
  for (const step of block.split(/^\$ /m).slice(1)) {
    const [line = "", ...expected] = step.trimEnd().split("\n");
    Deno.test(`README: ${line}`, async () => {
      const ran = await run(["bash", "-c", line]);
      assertEquals(ran.code, 0, ran.stderr);
      assertMatch(ran.stdout, pattern(expected));
    });
  }
}

Deno.test("README leaves a template and nothing else", async () => {
  await eventually(async () => {
    assertEquals(await domains(), ["minimal@1"]);
    assertEquals(await volumes(), ["minimal@1.qcow2"]);
  });
  const { mode } = await Deno.stat("/var/lib/libvirt/images/minimal@1.qcow2");
  assertEquals(mode! & 0o777, 0o444);
});

/** `...` stands for any text, and on a line of its own for any lines. */
function pattern(lines: string[]): RegExp {
  const source = lines.map((line) =>
    line === "..."
      ? "(?:.*\n)*"
      : line.split("...").map((part) => RegExp.escape(part)).join(".*") + "\n"
  );
  return new RegExp(`^${source.join("")}$`);
}
