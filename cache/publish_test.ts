import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import { CacheWorld } from "../tests/cache_world.ts";
import { run, sign } from "../tests/iso_world.ts";
import { publish } from "./publish.ts";

/** What was published, and why the rest was not. */
async function outcome(world: CacheWorld, { keep = false } = {}) {
  const found = await publish(world.config, run, "web", { keep });
  return {
    published: found.published,
    refused: found.refused.map(({ name, why }) =>
      `${name.slice(0, 40)}: ${why.replace(world.root, "ROOT")}`
    ),
  };
}

Deno.test("publish()", async (t) => {
  await using world = await CacheWorld.make();
  const own = world.own("web");
  const step = async (name: string, work: () => Promise<void>) => {
    await t.step(name, work);
    await world.reset();
  };

  await step(
    "moves a signed package, read-only, its signature too",
    async () => {
      const file = await world.pack(own);
      const bytes = await Deno.readFile(join(own, file));
      assertEquals(await outcome(world), { published: [file], refused: [] });
      assertEquals(await world.names(own), []);
      assertEquals(await world.names(world.shared), [file, `${file}.sig`]);
      assertEquals(await Deno.readFile(join(world.shared, file)), bytes);
      for (const name of await world.names(world.shared)) {
        const { mode, nlink } = await Deno.stat(join(world.shared, name));
        assertEquals([mode! & 0o7777, nlink], [0o444, 1]);
      }
      assertEquals(await outcome(world), { published: [], refused: [] });
    },
  );

  await step("leaves the copies of a VM that runs", async () => {
    const file = await world.pack(own);
    const keep = await outcome(world, { keep: true });
    assertEquals(keep, { published: [file], refused: [] });
    assertEquals(await world.names(own), [file, `${file}.sig`]);
    assertEquals((await outcome(world, { keep: true })).published, []);
  });

  await step("refuses what no trusted key signed, and leaves it", async () => {
    const { stranger, revoked } = world;
    await world.pack(own, { name: "none", key: null });
    await world.pack(own, { name: "other", key: stranger });
    await world.pack(own, { name: "taken", key: revoked });
    const changed = await world.pack(own, { name: "changed" });
    await Deno.writeTextFile(join(own, changed), "x", { append: true });
    const empty = await world.pack(own, { name: "empty", key: null });
    await Deno.writeTextFile(join(own, `${empty}.sig`), "");
    const before = await world.names(own);
    assertEquals(await outcome(world), {
      published: [],
      refused: [
        "changed-1.0-1-any.pkg.tar.zst: its signature is bad: it is not what was signed",
        "empty-1.0-1-any.pkg.tar.zst: its signature file holds no signature",
        "none-1.0-1-any.pkg.tar.zst: it has no signature",
        "other-1.0-1-any.pkg.tar.zst: the key that signed it is not in ROOT/test.gpg",
        `taken-1.0-1-any.pkg.tar.zst: the key that signed it is listed as revoked: ${revoked.fingerprint}`,
      ],
    });
    assertEquals(await world.names(own), before);
    assertEquals(await world.names(world.shared), []);
  });

  await step("refuses a signature that is a signed message", async () => {
    const file = await world.pack(own, { key: null });
    const gpg = ["gpg", "--homedir", world.key.home, "--batch", "--quiet"];
    const message = join(world.root, "message");
    await Deno.writeTextFile(message, "a mail\n");
    for (const how of ["--sign", "--clearsign"]) {
      await run([
        ...gpg,
        "--yes",
        "-o",
        join(own, `${file}.sig`),
        how,
        message,
      ]);
      assertEquals((await outcome(world)).refused, [
        `${file}: its signature file holds no signature`,
      ]);
    }
  });

  await step("refuses a signed package under another's name", async () => {
    const file = "hello-2.0-1-any.pkg.tar.zst";
    await world.pack(own, { file });
    await world.pack(own, { file: "sudo-1.0-1-any.pkg.tar.zst" });
    await world.pack(own, { file: "hello-1.0-1-x86_64.pkg.tar.zst" });
    const junk = "junk-1.0-1-any.pkg.tar.zst";
    await Deno.writeTextFile(join(own, junk), "not an archive");
    await sign(world.key, join(own, junk));
    assertEquals((await outcome(world)).refused, [
      'hello-1.0-1-x86_64.pkg.tar.zst: its architecture is "any"',
      'hello-2.0-1-any.pkg.tar.zst: its version is "1.0-1"',
      `${junk}: it is not a package: it has no .PKGINFO`,
      'sudo-1.0-1-any.pkg.tar.zst: its name is "hello"',
    ]);
  });

  await step("never replaces what is shared", async () => {
    const file = await world.pack(world.shared, { key: null });
    await Deno.writeTextFile(join(world.shared, file), "the first");
    await world.pack(own);
    assertEquals(await outcome(world), { published: [], refused: [] });
    assertEquals(
      await Deno.readTextFile(join(world.shared, file)),
      "the first",
    );
    assertEquals(await world.names(own), []);
  });

  await step(
    "follows no link, opens no FIFO, device or directory",
    async () => {
      const outside = await world.pack(world.root);
      const name = (word: string) => `${word}-1.0-1-any.pkg.tar.zst`;
      const both = async (
        word: string,
        make: (path: string) => Promise<unknown>,
      ) => {
        await make(join(own, name(word)));
        await Deno.copyFile(
          join(world.root, `${outside}.sig`),
          join(own, `${name(word)}.sig`),
        );
      };
      await both(
        "link",
        (path) => Deno.symlink(join(world.root, outside), path),
      );
      await both("fifo", (path) => run(["mkfifo", path]));
      await both(
        "folder",
        (path) => Deno.mkdir(join(path, "x"), { recursive: true }),
      );
      await both("dangling", (path) => Deno.symlink("/nowhere", path));
      await world.pack(own, { name: "siglink" });
      await Deno.remove(join(own, `${name("siglink")}.sig`));
      await Deno.symlink(
        join(world.root, `${outside}.sig`),
        join(own, `${name("siglink")}.sig`),
      );
      assertEquals((await outcome(world)).refused, [
        `${name("dangling")}: it is not a file`,
        `${name("fifo")}: it is not a file`,
        `${name("folder")}: it is not a file`,
        `${name("link")}: it is not a file`,
        `${name("siglink")}: its signature: it is not a file`,
      ]);
      assertEquals(await world.names(world.shared), []);
      assertEquals((await world.names(world.root)).includes(outside), true);
    },
  );

  await step("names like attacks are reported and stay", async () => {
    const names = [
      "\x1b[2J-1.0-1-any.pkg.tar.zst",
      "-rf-1.0-1-any.pkg.tar.zst",
      "a b-1.0-1-any.pkg.tar.zst",
      `${"h".repeat(200)}.pkg.tar.zst`,
      "x\n-1.0-1-any.pkg.tar.zst",
    ];
    for (const name of names) await Deno.writeTextFile(join(own, name), "x");
    const { refused } = await outcome(world);
    assertEquals(refused.length, names.length);
    assertEquals(
      refused.every((one) => one.endsWith("its name is not that of a package")),
      true,
    );
    assertEquals(await world.names(world.shared), []);
  });

  await step(
    "checks the copy, not the file that goes on changing",
    async () => {
      const file = await world.pack(own);
      const good = await Deno.readFile(join(own, file));
      // The guest swaps its file while gpgv reads.
      const swapping = Object.assign(
        async (argv: readonly string[], options = {}) => {
          if (argv[1] === "--status-fd") {
            await Deno.writeTextFile(join(own, file), "poison");
          }
          return await run(argv, options);
        },
        run,
      );
      await publish(world.config, swapping as typeof run, "web");
      assertEquals(await Deno.readFile(join(world.shared, file)), good);
    },
  );

  await step(
    "follows no link put in the place of a file just looked at",
    async () => {
      const file = await world.pack(own);
      const outside = join(world.root, "secret");
      await Deno.writeTextFile(outside, "secret");
      const swapping = Object.assign(
        async (argv: readonly string[], options = {}) => {
          if (argv[0] === "dd" && argv[1] === `if=${join(own, file)}`) {
            await Deno.remove(join(own, file));
            await Deno.symlink(outside, join(own, file));
          }
          return await run(argv, options);
        },
        run,
      );
      const { refused } = await publish(
        world.config,
        swapping as typeof run,
        "web",
      );
      assertEquals(refused.map(({ why }) => why), [
        "it cannot be copied: Too many levels of symbolic links",
      ]);
    },
  );

  await step("sweeps what a publish that was killed left", async () => {
    const left = join(world.shared, ".publish-abc");
    await Deno.mkdir(left);
    await Deno.writeTextFile(join(left, "package"), "half");
    const file = await world.pack(own);
    await Deno.writeTextFile(join(world.shared, `${file}.sig`), "old");
    assertEquals((await outcome(world)).published, [file]);
    assertEquals(await world.names(world.shared), [file, `${file}.sig`]);
    await run([
      ...["gpgv", "--keyring", world.key.binary, "--"],
      join(world.shared, `${file}.sig`),
      join(world.shared, file),
    ]);
  });

  await step("says what the host lacks", async () => {
    await world.pack(own);
    const keyring = join(world.root, "none.gpg");
    const failed = await assertRejects(
      () => publish({ ...world.config, keyring }, run, "web"),
      Failure,
    );
    assertEquals([failed.exit, failed.message], [
      "host",
      `cannot check packages: there is no keyring ${keyring}; archlinux-keyring has it`,
    ]);
    assertEquals(await world.names(world.shared), []);
  });

  await step("is content with a VM that has no directory", async () => {
    const found = await publish(world.config, run, "none");
    assertEquals(found, { published: [], refused: [] });
  });
});
