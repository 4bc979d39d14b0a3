/**
 * Signatures of packages, checked by gpgv(1) with the keys that pacman's own
 * keyring package ships. All of them count but those it lists as revoked.
 */

import { join } from "@std/path/posix/join";
import { withoutArmour } from "../iso/armour.ts";
import { Failure } from "../lib/command/failure.ts";
import type { Run } from "../lib/process/run.ts";

/** Keys that packages may be signed by. */
export interface Keyring {
  /** A binary keyring, which is what gpgv takes. */
  path: string;
  /** Fingerprints of keys that are in it and do not count. */
  revoked: Set<string>;
  /** Where it was read from, for messages. */
  source: string;
}

/**
 * Read the keyring `source`, and put it in binary form into `directory`.
 *
 * @throws {Failure} `host`, where gpgv or the keyring is missing.
 */
export async function openKeyring(
  run: Run,
  source: string,
  directory: string,
): Promise<Keyring> {
  await run(["gpgv", "--version"], { changes: false });
  const keys = await readKeys(source);
  const path = join(directory, "keyring.gpg");
  await Deno.writeFile(path, keys, { mode: 0o600, createNew: true });
  return { path, source, revoked: await readRevoked(source) };
}

async function readKeys(source: string): Promise<Uint8Array> {
  let why = `the keyring ${source} holds no keys`;
  try {
    const bytes = withoutArmour(await Deno.readFile(source));
    if (bytes.length > 0) return bytes;
  } catch (error) {
    why = error instanceof Deno.errors.NotFound
      ? `there is no keyring ${source}; archlinux-keyring has it`
      : `cannot read the keyring ${source}: ${(error as Error).message}`;
  }
  throw new Failure("host", "cannot check packages", why, "vms-doctor");
}

/** Beside `archlinux.gpg` lies `archlinux-revoked`, a fingerprint a line. */
async function readRevoked(source: string): Promise<Set<string>> {
  const path = `${source.replace(/\.gpg$/, "")}-revoked`;
  try {
    const text = await Deno.readTextFile(path);
    return new Set(text.toUpperCase().match(/\b[0-9A-F]{40,64}\b/g));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Set();
    throw error;
  }
}

/** What is wrong with the signature; undefined where it counts. */
export async function signatureFault(
  run: Run,
  { path, revoked, source }: Keyring,
  { file, signature }: { file: string; signature: string },
): Promise<string | undefined> {
  const { stdout } = await run(
    ["gpgv", "--status-fd", "1", "--keyring", path, "--", signature, file],
    { changes: false, ok: [0, 1, 2] },
  );
  return judge(stdout, revoked, source);
}

const BAD: [word: string, why: string][] = [
  ["BADSIG", "its signature is bad: it is not what was signed"],
  ["REVKEYSIG", "the key that signed it was revoked"],
  ["EXPKEYSIG", "the key that signed it has expired"],
  ["EXPSIG", "its signature has expired"],
];

/**
 * The same from gpgv's status lines: doc/DETAILS of GnuPG. A signature counts
 * by its VALIDSIG alone, and one bad among several spoils all.
 */
export function judge(
  status: string,
  revoked: Set<string>,
  source: string,
): string | undefined {
  const lines = status.split("\n")
    .filter((line) => line.startsWith("[GNUPG:] "))
    .map((line) => line.split(" ").slice(1));
  const said = (word: string) => lines.find(([first]) => first === word);
  const bad = BAD.find(([word]) => said(word));
  if (bad) return bad[1];
  const unknown = said("ERRSIG");
  if (unknown) return `the key that signed it is not in ${source}`;
  const valid = lines.filter(([first]) => first === "VALIDSIG");
  if (!said("GOODSIG") || valid.length === 0) {
    return "its signature file holds no signature";
  }
  // The key that signed, and last the key that is a part of.
  const keys = valid.flatMap((line) => [line[1]!, line[10] ?? line[1]!]);
  const taken = keys.find((key) => revoked.has(key));
  if (taken) return `the key that signed it is listed as revoked: ${taken}`;
}
