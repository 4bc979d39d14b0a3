/** Each command may do what the modules it loads do. */

import { assertEquals } from "@std/assert";
import deno from "../deno.json" with { type: "json" };
import type { PermissionSet } from "../lib/command/permissions.ts";

const ROOT = new URL("../", import.meta.url);
const SETS = deno.permissions as unknown as Record<string, PermissionSet>;

/** Texts of a module and of all that it imports, at once or later. */
async function graph(url: URL, seen: Map<string, string>) {
  if (seen.has(url.href)) return;
  const text = await Deno.readTextFile(url);
  seen.set(url.href, text);
  const pattern = /(?:from|import|import\()\s*"(\.[^"]+\.ts)"/g;
  for (const [, specifier] of text.matchAll(pattern)) {
    await graph(new URL(specifier!, url), seen);
  }
}

async function found(name: string, pattern: RegExp): Promise<string[]> {
  const seen = new Map<string, string>();
  await graph(new URL(`bin/${name}.ts`, ROOT), seen);
  const texts = [...seen.values()];
  const words = texts.flatMap((text) =>
    [...text.matchAll(pattern)].map(([, word]) => word!)
  );
  return [...new Set(words)].sort();
}

for (const [name, set] of Object.entries(SETS)) {
  if (name === "vms") continue;
  Deno.test(`${name} may read the variables its modules read`, async () => {
    const read = await found(name, /Deno\.env\.get\(\s*"(\w+)"/g);
    assertEquals(read.filter((one) => !set.env.includes(one)), []);
  });
  Deno.test(`${name} may ask of the host what its modules ask`, async () => {
    const asked = await found(name, /Deno\.(uid|gid|hostname|osRelease)\(/g);
    assertEquals(asked.filter((one) => !set.sys.includes(one)), []);
  });
}

Deno.test("no command may run a shell, or Deno", () => {
  const never = ["sh", "bash", "zsh", "deno", "env", "sudo"];
  const wrong = Object.entries(SETS).flatMap(([name, { run }]) =>
    run.filter((one) => never.includes(one)).map((one) => `${name}: ${one}`)
  );
  assertEquals(wrong, []);
});
