/**
 * Releases of Arch Linux, as archlinux.org tells of them:
 * https://archlinux.org/api/v1/releng/releases/
 */

import { Failure } from "../lib/command/failure.ts";
import type { Config } from "../lib/config/config.ts";
import { printable } from "../lib/names/names.ts";
import { getText, type Patience } from "./request.ts";

/** The settings in `[iso]`. */
export type IsoConfig = Config["iso"];

export interface Release {
  /** `2026.03.01`; what the dated directory of a mirror is called. */
  version: string;
  /** Day of the release, such as `2026-03-01`. */
  released?: string;
  /** Version of the kernel on it. */
  kernel?: string;
  /** Hexadecimal; old releases lack them. */
  sha256?: string;
  b2?: string;
  /** False where mirrors have it no longer. */
  available: boolean;
}

export interface Releases {
  /** Newest first. */
  releases: Release[];
  /** Version of the one to take. */
  latest?: string;
}

/** The list has an entry of some 2 kB for each month since 2002. */
const LONGEST_LIST = 8 * 2 ** 20;

/** @throws {Error} where the word is no version of an ISO. */
export function checkVersion(word: string): void {
  if (/^\d{4}\.\d{2}\.\d{2}$/.test(word)) return;
  throw new Error(`${printable(word)} is not a version such as 2026.03.01`);
}

/** The name of its file on every mirror. */
export function isoName(version: string): string {
  return `archlinux-${version}-x86_64.iso`;
}

/** The version in the name of an ISO's file. */
export function versionIn(name: string): string | undefined {
  return /^archlinux-(\d{4}\.\d{2}\.\d{2})-x86_64\.iso$/.exec(name)?.[1];
}

/**
 * Ask what has been released.
 *
 * @throws {Failure} `failed`, where it cannot be learned.
 */
export async function getReleases(
  { releases: url }: Pick<IsoConfig, "releases">,
  patience?: Patience,
): Promise<Releases> {
  try {
    return readReleases(await getText(url, LONGEST_LIST, patience));
  } catch (error) {
    throw new Failure(
      "failed",
      "cannot learn what Arch Linux has released",
      `${url}: ${(error as Error).message}`,
    );
  }
}

/**
 * The list in the answer. What does not look like a release is left out.
 *
 * @throws {Error} where there is no list.
 */
export function readReleases(json: string): Releases {
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error("the answer is not JSON");
  }
  if (!Array.isArray(value?.releases)) {
    throw new Error('the answer has no "releases"');
  }
  const releases: Release[] = value.releases.flatMap(readRelease);
  releases.sort((a, b) => a.version < b.version ? 1 : -1);
  const latest = matching(/^\d{4}\.\d{2}\.\d{2}$/, value.latest_version);
  return { releases, latest: latest ?? releases[0]?.version };
}

function readRelease(given: Record<string, unknown>): Release[] {
  const version = matching(/^\d{4}\.\d{2}\.\d{2}$/, given?.version);
  if (version === undefined) return [];
  return [{
    version,
    released: matching(/^\d{4}-\d{2}-\d{2}$/, given.release_date),
    kernel: matching(/^[\w.+-]{1,40}$/, given.kernel_version),
    sha256: matching(/^[0-9a-f]{64}$/i, given.sha256_sum)?.toLowerCase(),
    b2: matching(/^[0-9a-f]{128}$/i, given.b2_sum)?.toLowerCase(),
    available: given.available !== false,
  }];
}

/** The value, where it is a string of that form. */
function matching(form: RegExp, value: unknown): string | undefined {
  return typeof value === "string" && form.test(value) ? value : undefined;
}

/**
 * The release of that version, or the latest.
 *
 * @throws {Failure} `missing`.
 */
export function findRelease(list: Releases, version?: string): Release {
  const wanted = version ?? list.latest;
  const found = list.releases.find((release) => release.version === wanted);
  if (found) return found;
  throw new Failure(
    "missing",
    wanted ? `cannot fetch ${wanted}` : "cannot fetch an ISO",
    wanted
      ? "Arch Linux has no release of that version"
      : "the list of releases is empty",
    "vms-iso list --available",
  );
}
