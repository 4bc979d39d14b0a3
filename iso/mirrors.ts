/** Mirrors: the same files on many servers, of which some are broken. */

import { Failure } from "../lib/command/failure.ts";
import { type IsoConfig, isoName } from "./release.ts";
import { getBytes, type Patience, ServerFailed } from "./request.ts";

/** A mirror that failed, and why. */
export interface Complaint {
  url: string;
  why: string;
  status?: number;
}

/**
 * Where a file of a release lies on each mirror. Always in the dated
 * directory: `latest` can change between the ISO and its signature.
 */
export function mirrorUrls(
  { mirrors }: Pick<IsoConfig, "mirrors">,
  version: string,
  file: string = isoName(version),
): string[] {
  return mirrors.map((mirror) =>
    `${mirror.replace(/\/+$/, "")}/iso/${version}/${file}`
  );
}

/** What a mirror's failure is to those who read it; others are thrown on. */
export function complaint(url: string, error: unknown): Complaint {
  if (!(error instanceof ServerFailed)) throw error;
  return { url, why: error.message, status: error.status };
}

/** Nobody had it: what each mirror said. */
export function mirrorsFailed(what: string, said: Complaint[]): Failure {
  if (said.length === 0) {
    return new Failure("failed", what, "no mirrors are set in [iso]");
  }
  const nobody = said.every(({ status }) => status === 404);
  const why = said.map(({ url, why }) => `${url}: ${why}`).join("\n");
  return nobody
    ? new Failure("missing", what, why, "vms-iso list --available")
    : new Failure("failed", what, why);
}

/**
 * A small file from the first mirror that gives it.
 *
 * @throws {Failure} `missing` where no mirror has it, else `failed`.
 */
export async function getFromMirrors(
  what: string,
  urls: string[],
  { limit, patience }: { limit: number; patience?: Patience },
): Promise<Uint8Array> {
  const said: Complaint[] = [];
  for (const url of urls) {
    try {
      return await getBytes(url, limit, patience);
    } catch (error) {
      said.push(complaint(url, error));
    }
  }
  throw mirrorsFailed(what, said);
}
