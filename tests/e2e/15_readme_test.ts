/** README.md: its console blocks are run as they stand. */

import { assertEquals, assertMatch } from "@std/assert";
import { mirrorLog, run } from "./vms.ts";

const readme = await Deno.readTextFile(
  new URL("../../README.md", import.meta.url),
);

let asked = 0;

Deno.test("README: the mirror's log is there", async () => {
  asked = (await mirrorLog()).length;
  assertEquals(asked > 0, true);
});

for (const [, block = ""] of readme.matchAll(/^```console\n(.*?)^```/gms)) {
  for (const step of block.split(/^\$ /m).slice(1)) {
    const [line = "", ...expected] = step.trimEnd().split("\n");
    Deno.test(`README: ${line}`, async () => {
      const ran = await run(["bash", "-c", line], { timeout: 900_000 });
      assertEquals(ran.code, 0, ran.stderr);
      assertMatch(ran.stdout, pattern(expected));
    });
  }
}

Deno.test("the template that README builds downloads no package again", async () => {
  const packages = (await mirrorLog()).slice(asked)
    .filter((line) => line.includes(".pkg.tar"));
  assertEquals(packages, []);
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
