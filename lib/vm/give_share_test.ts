import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { hiding } from "../../tests/hidden_folder.ts";
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
    await Deno.symlink("loop", join(at, "loop"));
    for (const name of ["link", "file", "none", "file/none", "loop"]) {
      assertEquals(await judged(name), false, name);
    }
  } finally {
    await Deno.remove(at, { recursive: true });
  }
  assertEquals(said, [
    `/mnt/a is left out: "${at}/link" is gone`,
    `/mnt/a is left out: "${at}/file" is gone`,
    `/mnt/a is left out: "${at}/none" is gone`,
    `/mnt/a is left out: "${at}/file/none" is gone`,
    `/mnt/a is left out: "${at}/loop" is gone`,
  ]);
});

Deno.test("isAsJudged() does not say of what it may not see that it is gone", () =>
  hiding("/hidden", async () => {
    const said: string[] = [];
    const warn = (line: string) => void said.push(line);
    const given = { vm: "web", path: "/mnt/a", writable: false };
    const judged = (folder: string) => isAsJudged({ ...given, folder }, warn);
    assertEquals(await judged("/hidden"), false);
    assertEquals(await judged(`/tmp/${"x".repeat(300)}`), false);
    assertEquals(
      said[0],
      '/mnt/a is left out: cannot judge "/hidden": ' +
        "you may not see it",
    );
    assertEquals(said[1]!.includes("is gone"), false, said[1]);
  }));
