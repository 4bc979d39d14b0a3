import { assertEquals } from "@std/assert";
import { isLeftOver, readPackageName } from "./package_name.ts";

Deno.test("readPackageName() reads names as pacman writes them", () => {
  const read = (file: string) => Object.values(readPackageName(file) ?? {});
  assertEquals(read("linux-6.18.3.arch1-1-x86_64.pkg.tar.zst"), [
    "linux",
    "6.18.3.arch1-1",
    "x86_64",
  ]);
  assertEquals(read("gtk-update-icon-cache-1:4.16-1.1-any.pkg.tar.xz"), [
    "gtk-update-icon-cache",
    "1:4.16-1.1",
    "any",
  ]);
  assertEquals(read("libstdc++5-3.3.6-9-x86_64.pkg.tar.zst")[0], "libstdc++5");
});

Deno.test("readPackageName() takes nothing else for a package", () => {
  for (
    const file of [
      "",
      "hello",
      "hello-1.0-1-any.pkg.tar.zst.sig",
      "hello-1.0-1-any.pkg.tar.zst.part",
      "-hello-1.0-1-any.pkg.tar.zst",
      ".hello-1.0-1-any.pkg.tar.zst",
      "hello-1.0-any.pkg.tar.zst",
      "hel lo-1.0-1-any.pkg.tar.zst",
      "hello-1.0-1-any.pkg.tar.zst\n",
      "hello\x1b[2J-1.0-1-any.pkg.tar.zst",
      "../hello-1.0-1-any.pkg.tar.zst",
      "hello-1.0-1-any.pkg.tar.sh",
      `${"h".repeat(240)}-1.0-1-any.pkg.tar.zst`,
    ]
  ) assertEquals(readPackageName(file), undefined, file);
});

Deno.test("isLeftOver() knows what interrupted downloads leave", () => {
  assertEquals(isLeftOver("download-AbC123"), true);
  assertEquals(isLeftOver("hello-1.0-1-any.pkg.tar.zst.part"), true);
  assertEquals(isLeftOver("hello-1.0-1-any.pkg.tar.zst"), false);
});
