import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { isAsJudged } from "./give_share.ts";

Deno.test("isAsJudged() leaves out a folder that is gone, and a link in its place", async () => {
  const at = await Deno.realPath(await Deno.makeTempDir());
  const said: string[] = [];
  const judged = (name: string) =>
    isAsJudged(
      { vm: "web", path: "/mnt/a", folder: join(at, name), writable: false },
      (line) => void said.push(line),
    );
  try {
    await Deno.mkdir(join(at, "folder"));
    await Deno.symlink("folder", join(at, "link"));
    await Deno.writeTextFile(join(at, "file"), "");
    assertEquals(await judged("folder"), true);
    assertEquals(said, []);
    for (const name of ["link", "file", "none"]) {
      assertEquals(await judged(name), false, name);
    }
  } finally {
    await Deno.remove(at, { recursive: true });
  }
  assertEquals(said, [
    `/mnt/a is left out: "${at}/link" is gone`,
    `/mnt/a is left out: "${at}/file" is gone`,
    `/mnt/a is left out: "${at}/none" is gone`,
  ]);
});
