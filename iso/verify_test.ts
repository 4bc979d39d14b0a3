import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import {
  failureOf,
  makeIso,
  NAME,
  sign,
  VERSION,
  World,
} from "../tests/iso_world.ts";
import { keptIsos, newestIso } from "./kept.ts";
import { proofPath } from "./proof.ts";
import type { IsoConfig } from "./release.ts";
import { verifyIso } from "./verify.ts";

const world = await World.make();

Deno.test.afterAll(() => world[Symbol.asyncDispose]());

function verified(path = world.path, overrule: Partial<IsoConfig> = {}) {
  return verifyIso(world.config(overrule), world.context, path);
}

/** A test with an ISO and its signature put there by hand. */
function test(name: string, body: () => Promise<void>) {
  Deno.test(name, async () => {
    await world.reset();
    await Deno.mkdir(world.config().directory);
    await Deno.copyFile(world.served, world.path);
    await Deno.copyFile(`${world.served}.sig`, `${world.path}.sig`);
    await body();
  });
}

async function states() {
  const kept = await keptIsos(world.config());
  return kept.map(({ version, state }) => `${version} ${state}`);
}

test("verifyIso() proves a file by the signature beside it", async () => {
  assertEquals(await states(), [`${VERSION} unverified`]);
  const { sha256, b2, fingerprint } = await verified();
  assertEquals([sha256.length, b2.length], [64, 128]);
  assertEquals(fingerprint, world.key.fingerprint);
  assertEquals(await states(), [`${VERSION} verified`]);
  assertEquals(world.log, []);
});

test("verifyIso() takes back the proof of a damaged file", async () => {
  await verified();
  const { mtime } = await Deno.stat(world.path);
  {
    using file = await Deno.open(world.path, { write: true });
    await file.seek(500_000, Deno.SeekMode.Start);
    await file.write(new Uint8Array([1, 2, 3]));
  }
  // Damage by a bad disk does not change the time.
  await Deno.utime(world.path, mtime!, mtime!);
  assertEquals(await states(), [`${VERSION} verified`]);
  const failure = await failureOf(verified());
  assertEquals(
    failure.replace(/is [0-9a-f]+\.\.\., not [0-9a-f]+\.\.\./, "is wrong"),
    `failed: cannot trust ${world.path}: its sha256 is wrong`,
  );
  assertEquals(await states(), [`${VERSION} unverified`]);
  assertEquals(
    await failureOf(verified()),
    `failed: cannot trust ${world.path}: its signature is bad: it is not ` +
      "what was signed",
  );
});

test("verifyIso() needs the signature", async () => {
  await Deno.remove(`${world.path}.sig`);
  assertEquals(
    await failureOf(verified()),
    `missing: cannot verify ${world.path}: ` +
      `there is no signature ${world.path}.sig / vms-iso fetch`,
  );
});

test("verifyIso() compares with sums that lie beside the file", async () => {
  const sums = join(world.config().directory, "b2sums.txt");
  await Deno.writeTextFile(sums, `${"0".repeat(128)} *${NAME}\n`);
  const failure = await failureOf(verified());
  assertEquals(failure.includes("its b2 is "), true, failure);
});

test("verifyIso() refuses a file that is not there", async () => {
  assertEquals(
    await failureOf(verified("/nowhere/x.iso")),
    "missing: cannot use /nowhere/x.iso: there is no such file / vms-iso list",
  );
});

test("verifyIso() refuses a text, a directory and a truncated ISO", async () => {
  const path = join(world.root, "text.iso");
  await Deno.writeTextFile(path, "no ISO");
  assertEquals(
    await failureOf(verified(path)),
    `failed: cannot use ${path}: it is not an ISO 9660 image`,
  );
  assertEquals(
    await failureOf(verified(world.root)),
    `failed: cannot use ${world.root}: it is not a file`,
  );
  await Deno.truncate(world.path, 500_000);
  assertEquals(
    await failureOf(verified()),
    `failed: cannot use ${world.path}: ` +
      "it is truncated: 488 KiB of 1.0 MiB / vms-iso fetch",
  );
});

test("newestIso() takes the newest that was verified", async () => {
  await verified();
  const { directory } = world.config();
  const newer = join(directory, "archlinux-2026.04.01-x86_64.iso");
  await makeIso(newer, { "arch/version": "2026.04.01" });
  assertEquals((await newestIso(world.config())).path, world.path);
  await sign(world.key, newer);
  await verified(newer);
  assertEquals((await newestIso(world.config())).path, newer);
  assertEquals(await states(), ["2026.04.01 verified", `${VERSION} verified`]);
});

test("newestIso() believes no proof of another file or key", async () => {
  await verified();
  const { fingerprint } = world.stranger;
  const none =
    `missing: cannot find an ISO: no verified ISO lies in ${world.config().directory} / vms-iso fetch`;
  assertEquals(
    await failureOf(newestIso(world.config({ fingerprint }))),
    none,
  );
  await Deno.utime(world.path, 1, 1);
  assertEquals(await failureOf(newestIso(world.config())), none);
  await verified();
  await Deno.writeTextFile(proofPath(world.path), "{");
  assertEquals(await failureOf(newestIso(world.config())), none);
});

test("keptIsos() knows a fetch that was interrupted", async () => {
  const { directory } = world.config();
  const part = join(directory, "archlinux-2026.04.01-x86_64.iso.part");
  await Deno.writeTextFile(part, "12345");
  await Deno.writeTextFile(join(directory, "other.iso"), "");
  assertEquals((await keptIsos(world.config())).at(0), {
    version: "2026.04.01",
    path: part,
    size: 5,
    state: "partial",
  });
  assertEquals((await states()).length, 2);
});

test("keptIsos() is empty where there is no directory", async () => {
  assertEquals(
    await keptIsos(world.config({ directory: "/nowhere/iso" })),
    [],
  );
});
