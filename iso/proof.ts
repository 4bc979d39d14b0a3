/**
 * The record that an ISO was verified: `NAME.iso.verified` beside it.
 *
 * Hashing an ISO takes seconds, and `vms-iso path` is asked by every
 * installation. The record holds for the file with the size and the time of
 * change it was made for, and for the key that is pinned now. Whoever could
 * forge it could write to the ISO as well; `vms-iso verify` believes no record.
 */

import type { Checksums } from "./checksums.ts";

export interface Proof extends Required<Checksums> {
  /** Key that signed it. */
  fingerprint: string;
  /** When it was verified, as in 2026-03-01T12:00:00.000Z. */
  verified: string;
}

interface Recorded extends Proof {
  /** Bytes, and milliseconds since 1970, of the file. */
  size: number;
  modified: number;
}

export function proofPath(iso: string): string {
  return `${iso}.verified`;
}

/** Record it for the file at `at`, which will be, or is, `iso`. */
export async function writeProof(
  iso: string,
  at: string,
  proof: Omit<Proof, "verified">,
): Promise<void> {
  const { size, mtime } = await Deno.stat(at);
  const recorded: Recorded = {
    ...proof,
    verified: new Date().toISOString(),
    size,
    modified: mtime!.getTime(),
  };
  const path = proofPath(iso);
  await Deno.writeTextFile(`${path}.new`, `${JSON.stringify(recorded)}\n`);
  await Deno.rename(`${path}.new`, path);
}

/** What is recorded; undefined where it is not of this file and this key. */
export async function readProof(
  iso: string,
  fingerprint: string,
): Promise<Proof | undefined> {
  try {
    const recorded: Recorded = JSON.parse(
      await Deno.readTextFile(proofPath(iso)),
    );
    const { size, mtime } = await Deno.stat(iso);
    const same = recorded.size === size &&
      recorded.modified === mtime!.getTime() &&
      recorded.fingerprint === fingerprint.replace(/\s/g, "").toUpperCase();
    return same ? recorded : undefined;
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof SyntaxError;
    if (none) return undefined;
    throw error;
  }
}

export async function removeProof(iso: string): Promise<void> {
  try {
    await Deno.remove(proofPath(iso));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
