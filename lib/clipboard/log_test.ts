import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { entries, record } from "./log.ts";

const LABEL = {
  source: "web",
  kind: "text",
  bytes: 3,
  sha256: "ba78",
  copied: 0,
  expires: 1,
} as const;

Deno.test("record(), entries(): who gave what to whom, and nothing more", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = join(directory, "new", "clip.log");
    assertEquals(await entries(path), []);
    await record("copy", LABEL, undefined, path);
    await record("paste", LABEL, "bank", path);
    await Deno.writeTextFile(path, '{"time":"2026-', { append: true });
    const found = await entries(path);
    assertEquals(found.map(({ time: _, ...rest }) => rest) as unknown[], [
      { action: "copy", source: "web", kind: "text", bytes: 3, sha256: "ba78" },
      {
        action: "paste",
        source: "web",
        target: "bank",
        kind: "text",
        bytes: 3,
        sha256: "ba78",
      },
    ]);
    assertEquals(/^\d{4}-\d\d-\d\dT/.test(found[0]!.time), true);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
