/** The ISOs on this host, in the directory that the settings name. */

import { join } from "@std/path/posix/join";
import { Failure } from "../lib/command/failure.ts";
import { readProof } from "./proof.ts";
import {
  getReleases,
  type IsoConfig,
  isoName,
  type Release,
  versionIn,
} from "./release.ts";

export interface KeptIso {
  version: string;
  path: string;
  /** Bytes. */
  size: number;
  /** `partial` while it is fetched, or where that was interrupted. */
  state: "verified" | "unverified" | "partial";
  /** When it was verified. */
  verified?: string;
}

/** Where the ISO of that version lies, or would lie. */
export function isoPath({ directory }: IsoConfig, version: string): string {
  return join(directory, isoName(version));
}

export function partPath(iso: string): string {
  return `${iso}.part`;
}

/** All of them, newest first. Files with other names are not looked at. */
export async function keptIsos(config: IsoConfig): Promise<KeptIso[]> {
  const kept: KeptIso[] = [];
  for (const name of await filesIn(config.directory)) {
    const whole = name.replace(/\.part$/, "");
    const version = versionIn(whole);
    if (version === undefined) continue;
    const partial = whole !== name;
    const one = await look(config, version, join(config.directory, name));
    if (one) kept.push(partial ? { ...one, state: "partial" } : one);
  }
  const key = ({ version, path }: KeptIso) => `${version} ${path}`;
  return kept.sort((a, b) => key(a) < key(b) ? 1 : -1);
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The ISO of that version under its final name, if it is there. */
export async function keptIso(
  config: IsoConfig,
  version: string,
): Promise<KeptIso | undefined> {
  return await look(config, version, isoPath(config, version));
}

async function look(
  { fingerprint }: IsoConfig,
  version: string,
  path: string,
): Promise<KeptIso | undefined> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isFile) return;
  const { size } = info;
  const proof = await readProof(path, fingerprint);
  return proof
    ? { version, path, size, state: "verified", verified: proof.verified }
    : { version, path, size, state: "unverified" };
}

/**
 * The newest ISO that was verified: what an installation boots.
 *
 * @throws {Failure} `missing`.
 */
export async function newestIso(config: IsoConfig): Promise<KeptIso> {
  const kept = await keptIsos(config);
  const newest = kept.find(({ state }) => state === "verified");
  if (newest) return newest;
  throw new Failure(
    "missing",
    "cannot find an ISO",
    `no verified ISO lies in ${config.directory}`,
    "vms-iso fetch",
  );
}

/** What mirrors have, newest first, each with what is kept of it. */
export async function availableReleases(
  config: IsoConfig,
): Promise<(Release & { state?: KeptIso["state"] })[]> {
  const { releases } = await getReleases(config);
  const kept = new Map(
    (await keptIsos(config)).map(({ version, state }) => [version, state]),
  );
  return releases.filter(({ available }) => available)
    .map((release) => ({ ...release, state: kept.get(release.version) }));
}
