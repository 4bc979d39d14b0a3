import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import type { Run } from "../lib/process/run.ts";
import {
  failureOf,
  NAME,
  run,
  sign,
  VERSION,
  World,
} from "../tests/iso_world.ts";
import { fetchIso } from "./fetch.ts";
import { newestIso } from "./kept.ts";
import type { IsoConfig } from "./release.ts";

const DONE = [NAME, `${NAME}.sig`, `${NAME}.verified`];
const PATIENCE = { answer: 5000, silence: 300 };

const world = await World.make();
const SIZE = (await Deno.stat(world.served)).size;

Deno.test.afterAll(() => world[Symbol.asyncDispose]());

function fetched(overrule: Partial<IsoConfig> = {}, dryRun = false) {
  const config = world.config(overrule);
  const context = { ...world.context, dryRun };
  return fetchIso(config, context, { patience: PATIENCE });
}

/** Bytes of an earlier fetch. */
async function leavePart(bytes: Uint8Array) {
  await Deno.mkdir(world.config().directory, { recursive: true });
  await Deno.writeFile(`${world.path}.part`, bytes);
}

/** Programs of which one is another. */
function runWith(program: string, instead: string[]): Run {
  return Object.assign(
    (...[argv, options]: Parameters<Run>) =>
      run(argv[0] === program ? instead : argv, options),
    run,
  );
}

/** The mirror writes its log a moment after the last byte was read. */
async function transferred(...expected: string[]) {
  for (let i = 0; i < 100 && world.transfers.length < expected.length; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(world.transfers, expected);
}

async function sameAsServed() {
  const [one, two] = await Promise.all(
    [world.path, world.served].map((path) => Deno.readFile(path)),
  );
  assertEquals(one, two);
  assertEquals(await world.kept(), DONE);
}

/** A test that starts with nothing kept. */
function test(name: string, body: () => Promise<void>) {
  Deno.test(`fetchIso() ${name}`, async () => {
    await world.reset();
    await body();
  });
}

test("proves the latest release and gives it its dated name", async () => {
  const { path } = world;
  assertEquals(await fetched(), {
    version: VERSION,
    path,
    size: SIZE,
    fetched: true,
  });
  await sameAsServed();
  assertEquals((await newestIso(world.config())).path, path);
});

test("does nothing about an ISO that is there and proven", async () => {
  await fetched();
  world.log.length = 0;
  assertEquals((await fetched()).fetched, false);
  assertEquals(world.log, ["GET 200 456 /api/".replace("456", apiSize())]);
  world.log.length = 0;
  await fetchIso(world.config(), world.context, { version: VERSION });
  assertEquals(world.log, []);
});

function apiSize() {
  return `${Deno.statSync(join(world.root, "mirror/api/index.json")).size}`;
}

test("takes the next mirror where one has nothing", async () => {
  await fetched({ mirrors: [world.url("/fault/404"), world.url()] });
  await sameAsServed();
});

test("follows a redirect", async () => {
  await fetched({ mirrors: [world.url("/fault/redirect")] });
  await sameAsServed();
});

test("goes on at the next mirror where one broke off", async () => {
  const bad = world.url("/fault/truncate/300000");
  await fetched({ mirrors: [bad, world.url()] });
  await sameAsServed();
  await transferred("200 300000", `206 ${SIZE - 300000}`);
});

test("goes on at the only mirror where that broke off", async () => {
  await fetched({ mirrors: [world.url("/fault/truncate/300000")] });
  await sameAsServed();
});

test("leaves a mirror that falls silent", async () => {
  const bad = world.url("/fault/stall/300000");
  await fetched({ mirrors: [bad, world.url()] });
  await sameAsServed();
});

test("goes on with what an earlier fetch left", async () => {
  await leavePart((await Deno.readFile(world.served)).subarray(0, 400_000));
  await fetched();
  await sameAsServed();
  await transferred(`206 ${SIZE - 400_000}`);
});

test("does not fetch again what is all there", async () => {
  await leavePart(await Deno.readFile(world.served));
  await fetched();
  await sameAsServed();
  await transferred("416 0");
});

test("begins anew at a mirror that does not know Range", async () => {
  await leavePart(new Uint8Array(1000));
  await fetched({ mirrors: [world.url("/fault/norange")] });
  await sameAsServed();
  await transferred(`200 ${SIZE}`);
});

for (const [what, size] of [["longer", SIZE + 1], ["shorter", 1000]] as const) {
  test(`begins anew after a ${what} part of something else`, async () => {
    await leavePart(new Uint8Array(size).fill(7));
    await fetched();
    await sameAsServed();
    await transferred(
      ...(size > SIZE ? ["416 0"] : [`206 ${SIZE - size}`]),
      `200 ${SIZE}`,
    );
  });
}

test("leaves a mirror whose ISO has the wrong sums", async () => {
  const bad = world.url("/fault/corrupt/500000");
  await fetched({ mirrors: [bad, world.url()] });
  await sameAsServed();
  assertEquals(world.said.length, 1);
});

test("fails where all mirrors have the wrong ISO", async () => {
  const bad = world.url("/fault/corrupt/500000");
  const failure = await failureOf(fetched({ mirrors: [bad] }));
  assertEquals(
    failure.replace(/is [0-9a-f]+\.\.\., not .*/, "is wrong"),
    `failed: cannot fetch ${VERSION}: what came from ` +
      `${bad}/iso/${VERSION}/${NAME} is not the release: its sha256 is wrong`,
  );
  assertEquals(await world.kept(), []);
});

test("says of each mirror why it failed", async () => {
  const missing = world.url("/fault/404");
  const broken = world.url("/fault/500");
  const at = `iso/${VERSION}/${NAME}.sig`;
  assertEquals(
    await failureOf(fetched({ mirrors: [missing, broken] })),
    `failed: cannot fetch ${VERSION}: ` +
      `${missing}/${at}: it does not have the file (404)\n` +
      `${broken}/${at}: it answers with status 500`,
  );
  assertEquals(await world.kept(), []);
});

test("says that a release is on no mirror any more", async () => {
  const missing = world.url("/fault/404");
  assertEquals(
    await failureOf(fetched({ mirrors: [missing] })),
    `missing: cannot fetch ${VERSION}: ${missing}/iso/${VERSION}/${NAME}.sig: ` +
      "it does not have the file (404) / vms-iso list --available",
  );
});

test("refuses a release that does not exist", async () => {
  const work = fetchIso(world.config(), world.context, {
    version: "1999.01.01",
  });
  assertEquals(
    await failureOf(work),
    "missing: cannot fetch 1999.01.01: Arch Linux has no release of that " +
      "version / vms-iso list --available",
  );
});

test("fails without network", async () => {
  const taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const releases = `http://127.0.0.1:${taken.addr.port}/`;
  taken.close();
  assertEquals(
    await failureOf(fetched({ releases })),
    "failed: cannot learn what Arch Linux has released: " +
      `${releases}: it refuses connections`,
  );
});

test("fails where the list of releases is none", async () => {
  const releases = `${world.url()}/iso/`;
  assertEquals(
    await failureOf(fetched({ releases })),
    "failed: cannot learn what Arch Linux has released: " +
      `${releases}: the answer is not JSON`,
  );
});

test("refuses an ISO that another key signed", async () => {
  await sign(world.stranger, world.served);
  try {
    const keyring = join(world.root, "both.gpg");
    const keys = await Promise.all(
      [world.key, world.stranger].map(({ binary }) => Deno.readFile(binary)),
    );
    await Deno.writeFile(keyring, await new Blob(keys).bytes());
    const { fingerprint } = world.key;
    assertEquals(
      await failureOf(fetched({ keyring })),
      `failed: cannot fetch ${VERSION}: it is signed by ` +
        `${world.stranger.fingerprint}, not by ${fingerprint}; ` +
        `it is kept as ${world.path}.part`,
    );
    assertEquals(await world.kept(), [`${NAME}.part`]);
  } finally {
    await sign(world.key, world.served);
  }
  // What was fetched is not fetched again once the signature is right.
  world.log.length = 0;
  await fetched();
  await transferred("416 0");
  await sameAsServed();
});

test("refuses an ISO whose sums fit but whose signature does not", async () => {
  const good = await Deno.readFile(world.served);
  const bad = good.slice();
  bad[600_000]! ^= 1;
  await Deno.writeFile(world.served, bad);
  await world.publish();
  try {
    assertEquals(
      await failureOf(fetched()),
      `failed: cannot fetch ${VERSION}: its signature is bad: it is not what ` +
        `was signed; it is kept as ${world.path}.part`,
    );
    assertEquals(await world.kept(), [`${NAME}.part`]);
  } finally {
    await Deno.writeFile(world.served, good);
    await world.publish();
  }
});

test("takes an armoured keyring", async () => {
  await fetched({ keyring: world.key.armoured });
  await sameAsServed();
});

test("needs the keyring before it fetches anything", async () => {
  assertEquals(
    await failureOf(fetched({ keyring: "/nowhere/keys.gpg" })),
    "host: cannot check signatures: there is no keyring /nowhere/keys.gpg; " +
      "archlinux-keyring has it / vms-doctor",
  );
  await transferred();
});

test("needs gpgv before it fetches anything", async () => {
  const context = { ...world.context, run: runWith("gpgv", ["gpgv-none"]) };
  assertEquals(
    await failureOf(fetchIso(world.config(), context)),
    "host: cannot run gpgv-none: the program is not installed / vms-doctor",
  );
  await transferred();
});

test("looks for room before it fetches anything", async () => {
  const full = ["echo", "Avail\n1000"];
  const context = { ...world.context, run: runWith("df", full) };
  const { directory } = world.config();
  assertEquals(
    await failureOf(fetchIso(world.config(), context)),
    `failed: cannot fetch ${VERSION}: ${directory} has 1000 B left, ` +
      "1.0 MiB are needed / vms-iso list",
  );
  assertEquals((await Deno.stat(`${world.path}.part`)).size, 0);
});

test("says that the disk is full", async () => {
  await Deno.mkdir(world.config().directory);
  await Deno.symlink("/dev/full", `${world.path}.part`);
  assertEquals(
    await failureOf(fetched()),
    `failed: cannot write ${world.path}.part: no space is left; ` +
      "0 B came and are kept / vms-iso list",
  );
});

test("says that the directory cannot be written to", async () => {
  assertEquals(
    await failureOf(fetched({ directory: "/dev/null/iso" })),
    `host: cannot fetch ${VERSION}: cannot write to /dev/null/iso: ` +
      "Not a directory (os error 20) / vms-doctor",
  );
});

test("fetches once where two do so at once", async () => {
  const slow = [world.url("/fault/slow/2000000")];
  const both = await Promise.all([1, 2].map(() => fetched({ mirrors: slow })));
  assertEquals(both.map((one) => one.fetched).sort(), [false, true]);
  assertEquals(world.said, ["waiting for another fetch"]);
  await transferred(`200 ${SIZE}`);
  await sameAsServed();
});

test("takes sums from the mirror where the list has none", async () => {
  await world.publish({ sha256_sum: null, b2_sum: "" });
  const sums = join(world.served, "../sha256sums.txt");
  try {
    assertEquals(
      await failureOf(fetched()),
      `failed: cannot fetch ${VERSION}: neither the list of releases nor a ` +
        "mirror has its checksums",
    );
    await Deno.writeTextFile(sums, `${"0".repeat(64)}  ${NAME}\n`);
    const failure = await failureOf(fetched());
    assertEquals(failure.endsWith(", not 000000000000..."), true, failure);
  } finally {
    await Deno.remove(sums);
    await world.publish();
  }
});

test("changes nothing with --dry-run", async () => {
  await fetched({}, true);
  const from = `${world.url()}/iso/${VERSION}/${NAME}`;
  assertEquals(world.said, [`would fetch ${from} to ${world.path}`]);
  assertEquals(await failureOf(newestIso(world.config())), NO_ISO());
});

const NO_ISO = () =>
  "missing: cannot find an ISO: no verified ISO lies in " +
  `${world.config().directory} / vms-iso fetch`;

test("proves a file that was put there by hand", async () => {
  await Deno.mkdir(world.config().directory);
  await Deno.copyFile(world.served, world.path);
  assertEquals((await fetched()).fetched, false);
  await sameAsServed();
  await transferred();
});

test("does not overwrite another file put there by hand", async () => {
  await Deno.mkdir(world.config().directory);
  await Deno.writeTextFile(world.path, "mine");
  const failure = await failureOf(fetched());
  assertEquals(
    failure.replace(/is [0-9a-f]+\.\.\., not [0-9a-f]+\.\.\./, "is wrong"),
    `conflict: cannot fetch ${VERSION}: ${world.path} is there already, and ` +
      "its sha256 is wrong / vms-iso list",
  );
  assertEquals(await Deno.readTextFile(world.path), "mine");
  assertEquals(await world.kept(), [NAME]);
});
