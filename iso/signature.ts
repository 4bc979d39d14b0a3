/**
 * Detached signatures, checked by gpgv(1): with the keys of one file, without
 * a web of trust, and believed only when the pinned key made them.
 */

import { Failure } from "../lib/command/failure.ts";
import type { Run } from "../lib/process/run.ts";
import { withoutArmour } from "./armour.ts";
import type { IsoConfig } from "./release.ts";

/** The key that a file must be signed by. */
export interface Signer {
  /** 40 hexadecimal digits, upper case. */
  fingerprint: string;
  /** The keyring's file. */
  source: string;
  /** Its keys in binary form, where the file has them in another. */
  converted?: Uint8Array;
}

/**
 * Make ready to check signatures, before anything is fetched.
 *
 * @throws {Failure} `usage` for a fingerprint that is none; `host` where gpgv
 * or the keyring is missing.
 */
export async function openSigner(
  run: Run,
  { fingerprint, keyring }: Pick<IsoConfig, "fingerprint" | "keyring">,
): Promise<Signer> {
  const pinned = fingerprint.replace(/\s/g, "").toUpperCase();
  if (!/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(pinned)) {
    throw new Failure(
      "usage",
      "cannot check signatures",
      "iso.fingerprint in the settings is not the fingerprint of a key",
    );
  }
  await run(["gpgv", "--version"], { changes: false });
  const converted = await readKeyring(keyring);
  return { fingerprint: pinned, source: keyring, converted };
}

/** The binary form of an armoured one; undefined where it is binary. */
async function readKeyring(path: string): Promise<Uint8Array | undefined> {
  let why = `the keyring ${path} holds no keys`;
  try {
    const bytes = await Deno.readFile(path);
    const binary = withoutArmour(bytes);
    if (binary.length > 0) return binary === bytes ? undefined : binary;
  } catch (error) {
    why = error instanceof Deno.errors.NotFound
      ? `there is no keyring ${path}; archlinux-keyring has it`
      : `cannot read the keyring ${path}: ${(error as Error).message}`;
  }
  throw new Failure("host", "cannot check signatures", why, "vms-doctor");
}

/**
 * What is wrong with the signature; undefined where the pinned key made it.
 *
 * @throws {Failure} `host`, where the pinned key is not in the keyring.
 */
export async function signatureFault(
  run: Run,
  signer: Signer,
  { file, signature }: { file: string; signature: string },
): Promise<string | undefined> {
  const { stdout } = await withKeyring(signer, (keyring) =>
    run(
      ["gpgv", "--status-fd", "1", "--keyring", keyring, "--", signature, file],
      { changes: false, ok: [0, 1, 2] },
    ));
  return judge(stdout, signer);
}

/** Work with a keyring in the binary form that gpgv takes. */
async function withKeyring<T>(
  { source, converted }: Signer,
  work: (path: string) => Promise<T>,
): Promise<T> {
  // Without a slash gpgv looks for it in its home directory.
  if (!converted) return await work(source.replace(/^(?!\/)/, "./"));
  const path = await Deno.makeTempFile({ prefix: "vms-iso-keys-" });
  try {
    await Deno.writeFile(path, converted);
    return await work(path);
  } finally {
    await Deno.remove(path);
  }
}

/**
 * The same from gpgv's status lines: doc/DETAILS of GnuPG. VALIDSIG also
 * comes with an expired or revoked key, so the line beside it counts too.
 */
export function judge(
  status: string,
  { fingerprint, source }: Pick<Signer, "fingerprint" | "source">,
): string | undefined {
  const lines = status.split("\n")
    .filter((line) => line.startsWith("[GNUPG:] "))
    .map((line) => line.split(" ").slice(1));
  const said = (word: string) => lines.find(([first]) => first === word);
  if (said("BADSIG")) return "its signature is bad: it is not what was signed";
  if (said("REVKEYSIG")) return "the key that signed it was revoked";
  if (said("EXPKEYSIG")) return "the key that signed it has expired";
  if (said("EXPSIG")) return "its signature has expired";
  const valid = lines.filter(([first]) => first === "VALIDSIG");
  if (said("GOODSIG") && valid.some((line) => isBy(line, fingerprint))) return;
  if (valid[0]) {
    return `it is signed by ${valid[0][1]}, not by ${fingerprint}`;
  }
  return withoutKey(said("ERRSIG"), fingerprint, source) ??
    "its signature file holds no signature";
}

/** VALIDSIG names the key that signed, and last the key it is a part of. */
function isBy(valid: string[], fingerprint: string): boolean {
  return valid[1] === fingerprint || valid[10] === fingerprint;
}

function withoutKey(
  errsig: string[] | undefined,
  fingerprint: string,
  source: string,
): string | undefined {
  if (!errsig) return;
  const key = errsig[1] ?? "";
  if (key !== "" && fingerprint.endsWith(key)) {
    throw new Failure(
      "host",
      "cannot check signatures",
      `the key ${fingerprint} is not in ${source}`,
      "vms-doctor",
    );
  }
  return `it is signed by a key that is not in ${source}: ${key}`;
}
