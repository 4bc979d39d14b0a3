/** Fetching the ISO of a release; nothing unproven gets its final name. */

import type { Context } from "../lib/command/context.ts";
import { Failure } from "../lib/command/failure.ts";
import { humanSize } from "../lib/names/values.ts";
import {
  type Checksums,
  checksums,
  difference,
  readSum,
  SUMS_FILES,
} from "./checksums.ts";
import { lockDirectory, makeDirectory, needRoom } from "./directory.ts";
import { download, type Origin } from "./download.ts";
import { isoPath, type KeptIso, keptIso, partPath } from "./kept.ts";
import { getFromMirrors, mirrorUrls } from "./mirrors.ts";
import { Part } from "./part.ts";
import { writeProof } from "./proof.ts";
import {
  findRelease,
  getReleases,
  type IsoConfig,
  isoName,
  type Release,
} from "./release.ts";
import type { Patience } from "./request.ts";
import { openSigner, signatureFault, type Signer } from "./signature.ts";

type Surroundings = Pick<Context, "run" | "progress" | "say" | "dryRun">;

export interface FetchOptions {
  /** The latest where none is given. */
  version?: string;
  patience?: Patience;
}

export interface Fetched {
  version: string;
  path: string;
  /** Bytes; 0 where `--dry-run` fetched nothing. */
  size: number;
  /** False where it was there already. */
  fetched: boolean;
}

/** One fetch under way. */
interface Job {
  config: IsoConfig;
  context: Surroundings;
  release: Release;
  signer: Signer;
  /** What cannot be done where it fails. */
  what: string;
  /** Its final name. */
  path: string;
  patience?: Patience;
}

/** Largest signature that is read; real ones have 140 bytes. */
const LONGEST_SIGNATURE = 64 * 1024;
const LONGEST_SUMS = 64 * 1024;

/**
 * Fetch a release's ISO and prove it. One that is there and proven already is
 * not fetched again.
 *
 * @throws {Failure} `missing` for a release that is not there, `host` where
 * directory, gpgv or keyring are missing, else `failed`.
 */
export async function fetchIso(
  config: IsoConfig,
  context: Surroundings,
  { version, patience }: FetchOptions = {},
): Promise<Fetched> {
  if (version !== undefined) {
    const there = await verified(config, version);
    if (there) return there;
  }
  context.progress.step(1, 4, "look what has been released");
  const list = await getReleases(config, patience);
  const release = findRelease(list, version);
  const there = await verified(config, release.version);
  if (there) return there;
  const path = isoPath(config, release.version);
  if (context.dryRun) {
    const [url] = mirrorUrls(config, release.version);
    context.progress.done();
    context.say(`would fetch ${url} to ${path}`);
    return { version: release.version, path, size: 0, fetched: false };
  }
  const signer = await openSigner(context.run, config);
  const what = `cannot fetch ${release.version}`;
  await makeDirectory(config.directory, what);
  using _lock = await lockDirectory(
    config.directory,
    () => context.say("waiting for another fetch"),
  );
  return await verified(config, release.version) ??
    await obtain({ config, context, release, signer, what, path, patience });
}

async function verified(
  config: IsoConfig,
  version: string,
): Promise<Fetched | undefined> {
  const kept = await keptIso(config, version);
  return kept?.state === "verified" ? fetchedFrom(kept, false) : undefined;
}

function fetchedFrom(kept: KeptIso, fetched: boolean): Fetched {
  const { version, path, size } = kept;
  return { version, path, size, fetched };
}

async function obtain(job: Job): Promise<Fetched> {
  const { config, path, release } = job;
  const there = await keptIso(config, release.version);
  const signature = await getSignature(job);
  try {
    const expected = await expectedSums(job);
    if (there) await proveThere(job, signature, expected);
    else await fetchAnew(job, signature, expected);
  } catch (error) {
    await Deno.remove(signature).catch(() => {});
    throw error;
  }
  const kept = await keptIso(config, release.version);
  if (kept?.state === "verified") return fetchedFrom(kept, !there);
  throw new Failure("failed", job.what, `${path} was changed meanwhile`);
}

/** The signature under a name of its own; it is small, so it comes first. */
async function getSignature(job: Job): Promise<string> {
  const { config, release, what, path, patience } = job;
  const name = `${isoName(release.version)}.sig`;
  const urls = mirrorUrls(config, release.version, name);
  const options = { limit: LONGEST_SIGNATURE, patience };
  const bytes = await getFromMirrors(what, urls, options);
  const at = partPath(`${path}.sig`);
  await Deno.writeFile(at, bytes);
  return at;
}

/** From the list of releases; what is not in it, from the mirrors. */
async function expectedSums(job: Job): Promise<Checksums> {
  const { sha256, b2 } = job.release;
  const sums = {
    sha256: sha256 ?? await sumOnMirrors(job, SUMS_FILES.sha256),
    b2: b2 ?? await sumOnMirrors(job, SUMS_FILES.b2),
  };
  if (sums.sha256 ?? sums.b2) return sums;
  const why = "neither the list of releases nor a mirror has its checksums";
  throw new Failure("failed", job.what, why);
}

async function sumOnMirrors(job: Job, file: string) {
  const { config, release, what, patience } = job;
  const urls = mirrorUrls(config, release.version, file);
  const options = { limit: LONGEST_SUMS, patience };
  try {
    const bytes = await getFromMirrors(what, urls, options);
    const name = isoName(release.version);
    return readSum(new TextDecoder().decode(bytes), name);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** Somebody put a file there by hand: it is proven, never overwritten. */
async function proveThere(job: Job, signature: string, expected: Checksums) {
  const { context, path, signer } = job;
  context.progress.step(3, 4, "check sums");
  const sums = await checksums(context.run, path);
  const fault = difference(expected, sums) ??
    await faultOfSignature(job, path, signature);
  if (fault !== undefined) {
    throw new Failure(
      "conflict",
      job.what,
      `${path} is there already, and ${fault}`,
      "vms-iso list",
    );
  }
  const { fingerprint } = signer;
  await Deno.rename(signature, `${path}.sig`);
  await writeProof(path, path, { ...sums, fingerprint });
}

async function fetchAnew(job: Job, signature: string, expected: Checksums) {
  const { config, path, signer } = job;
  const at = partPath(path);
  using part = await Part.open(at);
  const sums = await fill(job, part, expected);
  const fault = await faultOfSignature(job, at, signature);
  if (fault !== undefined) {
    throw new Failure("failed", job.what, `${fault}; it is kept as ${at}`);
  }
  const { fingerprint } = signer;
  // The ISO gets its name last: whatever has that name is proven.
  await writeProof(path, at, { ...sums, fingerprint });
  await Deno.rename(signature, `${path}.sig`);
  await Deno.rename(at, path);
  using directory = await Deno.open(config.directory);
  await directory.sync();
}

async function faultOfSignature(job: Job, file: string, signature: string) {
  const { context, signer } = job;
  context.progress.step(4, 4, "check signature");
  return await signatureFault(context.run, signer, { file, signature });
}

/** Fill `part` with bytes that have the right sums; hand back those. */
async function fill(
  job: Job,
  part: Part,
  expected: Checksums,
): Promise<Required<Checksums>> {
  const { config, context, release } = job;
  let urls = mirrorUrls(config, release.version);
  for (;;) {
    const origin = await downloadTo(job, part, urls);
    context.progress.step(3, 4, "check sums");
    const sums = await checksums(context.run, part.path);
    const fault = difference(expected, sums);
    if (fault === undefined) return sums;
    await part.empty();
    urls = withoutCulprits(urls, origin);
    if (urls.length === 0) {
      await Deno.remove(part.path);
      const from = [...origin.urls].join(" and ");
      const why = `what came from ${from} is not the release: ${fault}`;
      throw new Failure("failed", job.what, why);
    }
    context.progress.done();
    context.say(`what came is not the release (${fault}): fetching it anew`);
  }
}

/** Bytes that were there before may be to blame as well as any mirror. */
function withoutCulprits(urls: string[], origin: Origin): string[] {
  return origin.resumed ? urls : urls.filter((url) => !origin.urls.has(url));
}

async function downloadTo(job: Job, part: Part, urls: string[]) {
  const { config, context, release, what, patience } = job;
  const { progress } = context;
  progress.step(2, 4, `fetch ${isoName(release.version)}`);
  let noted = 0;
  const origin = await download(part, urls, {
    what,
    patience,
    room: (missing) =>
      needRoom(context.run, config.directory, { what, missing }),
    received(bytes, whole) {
      const now = performance.now();
      if (now - noted < 200 && bytes !== whole) return;
      noted = now;
      progress.note(
        humanSize(bytes) + (whole ? ` of ${humanSize(whole)}` : ""),
      );
    },
  });
  await part.sync();
  return origin;
}
