/** Verifying an ISO that is on this host, without the network. */

import type { Context } from "../lib/command/context.ts";
import { Failure } from "../lib/command/failure.ts";
import {
  type Checksums,
  checksums,
  difference,
  readSum,
  SUMS_FILES,
} from "./checksums.ts";
import { readProof, removeProof, writeProof } from "./proof.ts";
import type { IsoConfig } from "./release.ts";
import { openSigner, signatureFault, type Signer } from "./signature.ts";
import { checkVolume } from "./volume.ts";

export interface Verified extends Required<Checksums> {
  path: string;
  /** Key that signed it. */
  fingerprint: string;
}

/**
 * Verify a file by the signature beside it (`FILE.sig`), and by the checksums
 * that are beside it or were recorded. It is then counted as verified.
 *
 * @throws {Failure} `missing` without file or signature, `host` without gpgv
 * or keyring, `failed` for all that makes it untrustworthy.
 */
export async function verifyIso(
  config: IsoConfig,
  { run, progress, dryRun }: Pick<Context, "run" | "progress" | "dryRun">,
  path: string,
): Promise<Verified> {
  await checkVolume(path);
  const signature = `${path}.sig`;
  await needSignature(path, signature);
  const signer = await openSigner(run, config);
  progress.step(1, 2, "check sums");
  const found = await checksums(run, path);
  const expected = await expectedSums(path, signer);
  progress.step(2, 2, "check signature");
  const fault = difference(expected, found) ??
    await signatureFault(run, signer, { file: path, signature });
  progress.done();
  if (!dryRun) await record(path, fault, found, signer);
  if (fault === undefined) {
    return { path, ...found, fingerprint: signer.fingerprint };
  }
  throw new Failure("failed", `cannot trust ${path}`, fault);
}

async function needSignature(path: string, signature: string) {
  const there = await Deno.stat(signature).catch(() => undefined);
  if (there) return;
  throw new Failure(
    "missing",
    `cannot verify ${path}`,
    `there is no signature ${signature}`,
    "vms-iso fetch",
  );
}

async function expectedSums(path: string, signer: Signer): Promise<Checksums> {
  const recorded = await readProof(path, signer.fingerprint);
  if (recorded) return { sha256: recorded.sha256, b2: recorded.b2 };
  const at = path.lastIndexOf("/") + 1;
  const beside = async (file: string) => {
    const text = await Deno.readTextFile(path.slice(0, at) + file)
      .catch(() => "");
    return readSum(text, path.slice(at));
  };
  return {
    sha256: await beside(SUMS_FILES.sha256),
    b2: await beside(SUMS_FILES.b2),
  };
}

/** Also people who may not write beside the ISO can verify it. */
async function record(
  path: string,
  fault: string | undefined,
  sums: Required<Checksums>,
  { fingerprint }: Signer,
): Promise<void> {
  try {
    if (fault !== undefined) await removeProof(path);
    else await writeProof(path, path, { ...sums, fingerprint });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
