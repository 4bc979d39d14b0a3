import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { ENTRY, failureOf, makeIso, run } from "../tests/iso_world.ts";
import { extract, readBoot, readEntry } from "./boot.ts";

const directory = await Deno.makeTempDir();
const iso = join(directory, "arch.iso");
const FILES = {
  "loader/entries/01-archiso-linux.conf": ENTRY,
  "arch/boot/x86_64/vmlinuz-linux": "kernel",
  "arch/boot/x86_64/initramfs-linux.img": "i".repeat(300_000),
};
await makeIso(iso, FILES);

Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

Deno.test("readBoot() reads the loader's entry out of the ISO", async () => {
  assertEquals(await readBoot(run, iso), {
    options: [
      "archisobasedir=arch",
      "archisosearchuuid=2026-03-01-10-00-00-00",
    ],
    kernel: "/arch/boot/x86_64/vmlinuz-linux",
    initrd: "/arch/boot/x86_64/initramfs-linux.img",
  });
});

Deno.test("readBoot() refuses an ISO of something else", async () => {
  const other = join(directory, "other.iso");
  await makeIso(other, { "README": "Debian" });
  assertEquals(
    await failureOf(readBoot(run, other)),
    `failed: cannot boot ${other}: it is not an ISO of Arch Linux: ` +
      "it has no /loader/entries/01-archiso-linux.conf",
  );
});

Deno.test("readBoot() refuses a truncated ISO", async () => {
  const short = join(directory, "short.iso");
  const bytes = await Deno.readFile(iso);
  await Deno.writeFile(short, bytes.subarray(0, 300 * 1024));
  const failure = await failureOf(readBoot(run, short));
  assertEquals(
    failure.split(" of ")[0],
    `failed: cannot use ${short}: it is ` +
      "truncated: 300 KiB",
  );
});

Deno.test("readEntry() refuses paths that leave the ISO", () => {
  for (const path of ["/../etc/shadow", "/a b", "/*", "arch", "/-x", "/"]) {
    const entry = `linux ${path}\ninitrd /i\n`;
    let said;
    try {
      readEntry("x.iso", entry);
    } catch (error) {
      said = (error as Error).message;
    }
    assertEquals(
      said,
      "cannot boot x.iso: /loader/entries/01-archiso-linux.conf has a " +
        '"linux" that is not a path',
    );
  }
});

Deno.test("readEntry() takes all options and the last initrd", () => {
  const entry = "# made by archiso\nlinux /k\ninitrd /ucode.img\n" +
    "initrd /i\noptions a=1  b\r\noptions c\n";
  assertEquals(readEntry("x.iso", entry), {
    options: ["a=1", "b", "c"],
    kernel: "/k",
    initrd: "/i",
  });
});

Deno.test("readEntry() refuses an entry without kernel", async () => {
  const read = async () => await readEntry("x.iso", "options a\n");
  assertEquals(
    await failureOf(read()),
    "failed: cannot boot x.iso: " +
      '/loader/entries/01-archiso-linux.conf has no "linux"',
  );
});

Deno.test("extract() puts a file under its own name", async () => {
  const { kernel, initrd } = await readBoot(run, iso);
  const to = await Deno.makeTempDir({ dir: directory });
  assertEquals(
    await extract(run, iso, kernel, to),
    join(to, "vmlinuz-linux"),
  );
  assertEquals(await Deno.readTextFile(join(to, "vmlinuz-linux")), "kernel");
  const { size } = await Deno.stat(await extract(run, iso, initrd, to));
  assertEquals(size, 300_000);
});

Deno.test("extract() leaves nothing of a file that is not all there", async () => {
  const short = join(directory, "cut.iso");
  const bytes = await Deno.readFile(iso);
  await Deno.writeFile(short, bytes.subarray(0, bytes.length - 400_000));
  const to = await Deno.makeTempDir({ dir: directory });
  const path = "/arch/boot/x86_64/initramfs-linux.img";
  const failure = await failureOf(extract(run, short, path, to));
  assertEquals(
    failure.startsWith(`failed: cannot take ${path} out of ${short}: `),
    true,
    failure,
  );
  assertEquals([...Deno.readDirSync(to)], []);
});

Deno.test("extract() says that a file is not there", async () => {
  assertEquals(
    await failureOf(extract(run, iso, "/nothing", directory)),
    `failed: cannot take /nothing out of ${iso}: ` +
      "bsdtar: nothing: Not found in archive",
  );
});
