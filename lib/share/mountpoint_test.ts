import { assertEquals, assertThrows } from "@std/assert";
import { defaultMountpoint, isMountpoint, mountpoint } from "./mountpoint.ts";

Deno.test("mountpoint() takes a path and drops slashes at its end", () => {
  assertEquals(mountpoint("/mnt/client1/"), "/mnt/client1");
  assertEquals(mountpoint("/home/user/work"), "/home/user/work");
});

const BAD: [word: string, message: string][] = [
  ["mnt", '"mnt" is not a path of a-z, 0-9 and @_.+- such as /mnt/client1'],
  ["/a b", '"/a b" is not a path of a-z, 0-9 and @_.+- such as /mnt/client1'],
  ["/a//b", '"/a//b" is not a path of a-z, 0-9 and @_.+- such as /mnt/client1'],
  ["/mnt/../etc", '"/mnt/../etc" has . or .. in it'],
  [
    `/mnt/${"x".repeat(40)}`,
    `"/mnt/${"x".repeat(35)}..." is longer than the 36 characters of a tag`,
  ],
  ["/", '"/" is not a path of a-z, 0-9 and @_.+- such as /mnt/client1'],
  ["/usr", '"/usr" is a folder that the VM itself needs'],
  ["/etc/ssh", '"/etc/ssh" is a folder that the VM itself needs'],
  ["/proc/1", '"/proc/1" is a folder that the VM itself needs'],
  ["/mnt", '"/mnt" is a folder that the VM itself needs'],
];

for (const [word, message] of BAD) {
  Deno.test(`mountpoint() refuses ${word.slice(0, 12)}`, () => {
    assertThrows(() => mountpoint(word), Error, message);
  });
}

Deno.test("defaultMountpoint() is a path that mountpoint() takes", () => {
  const made = {
    "/home/me/client1": "/mnt/client1",
    "/home/me/Übung für dich": "/mnt/bung-f-r-dich",
    "/home/me/.hidden": "/mnt/hidden",
    "/home/me/日本": "/mnt/share",
    "/home/me/-rf": "/mnt/rf",
  };
  for (const [folder, path] of Object.entries(made)) {
    assertEquals(defaultMountpoint(folder), path);
    assertEquals(mountpoint(path), path);
  }
  const long = defaultMountpoint(`/srv/${"x".repeat(200)}`);
  assertEquals(long.length, 36);
  assertEquals(mountpoint(long), long);
});

Deno.test("isMountpoint() tells shares from the package cache", () => {
  assertEquals(isMountpoint("/mnt/a"), true);
  assertEquals(isMountpoint("pkg-shared"), false);
});
