// Publishing what the lab's mirror serves; its packages are Debian's.
import { assertEquals, assertMatch } from "@std/assert";

const ENTER = new URL("../lab/enter", import.meta.url).pathname;
const PKG = "/var/lib/libvirt/filesystems/pkg";
const MIRROR = "/run/lab/cache/mirror";

async function asAlice(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(ENTER, {
    args: ["--user", "alice", ...words],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

async function findPackage(): Promise<string> {
  const { out } = await asAlice(
    "find",
    MIRROR,
    "-name",
    "lab-hello-*.pkg.tar.zst",
  );
  return out.split("\n")[0]!;
}

Deno.test("vms-cache publishes, shows and cleans as an ordinary user", async () => {
  const path = await findPackage();
  const file = path.slice(path.lastIndexOf("/") + 1);
  const own = `${PKG}/cache-test`;
  await asAlice("mkdir", own);
  try {
    // As a guest's root leaves them.
    await Deno.copyFile(path, `${own}/${file}`);
    await Deno.copyFile(`${path}.sig`, `${own}/${file}.sig`);
    await Deno.copyFile(path, `${own}/fake-1-1-any.pkg.tar.zst`);
    const published = await asAlice("vms-cache", "publish", "cache-test");
    assertEquals([published.out, published.code], [file, 1]);
    assertMatch(
      published.err,
      /not published: cache-test: "fake-1-1-any.pkg.tar.zst": it has no sig/,
    );
    assertEquals(
      await Deno.readFile(`/run/vms/shared/${file}`),
      await Deno.readFile(path),
    );
    const status = await asAlice("vms-cache", "status", "--json");
    const rows = status.out.split("\n").map((line) => JSON.parse(line));
    const row = rows.find(({ name }) => name === "cache-test");
    assertEquals([row.state, row.packages], ["gone", 1]);
    const unknown = await asAlice("vms-cache", "clean", "none");
    assertEquals([unknown.code, unknown.err.split("\n")[0]], [
      3,
      'vms-cache: cannot find "none": no VM and no directory in the cache has that name',
    ]);
    const cleaned = await asAlice("vms-cache", "clean", "cache-test");
    assertEquals([cleaned.out, cleaned.code], [own, 0], cleaned.err);
  } finally {
    await asAlice("rm", "-rf", own);
    for (const name of [file, `${file}.sig`]) {
      await Deno.remove(`${PKG}/shared/${name}`).catch(() => {});
    }
  }
});
