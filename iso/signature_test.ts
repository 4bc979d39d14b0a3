import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import {
  dropKey,
  failureOf,
  type Key,
  makeKey,
  run,
  sign,
} from "../tests/iso_world.ts";
import { judge, openSigner, signatureFault } from "./signature.ts";

const directory = await Deno.makeTempDir();
const file = join(directory, "file");
await Deno.writeTextFile(file, "signed");
const [release, stranger] = await Promise.all([
  makeKey("release"),
  makeKey("stranger"),
]);
const then = ["--faked-system-time", "20200101T120000!"];
const expired = await makeKey("expired", "1d", then);

Deno.test.afterAll(async () => {
  await Promise.all([release, stranger, expired].map(dropKey));
  await Deno.remove(directory, { recursive: true });
});

/** What is wrong with a signature by `by`, where `pinned` is trusted. */
async function fault(
  by: Key,
  { pinned, keyring, at }: { pinned?: Key; keyring?: string; at?: string[] } =
    {},
): Promise<string | undefined> {
  const { fingerprint, binary } = pinned ?? by;
  keyring ??= binary;
  const signer = await openSigner(run, { fingerprint, keyring });
  await sign(by, file, `${file}.sig`, at);
  return await signatureFault(run, signer, { file, signature: `${file}.sig` });
}

Deno.test("signatureFault() finds nothing where the pinned key signed", async () => {
  assertEquals(await fault(release), undefined);
  assertEquals(
    await fault(release, { keyring: release.armoured }),
    undefined,
  );
});

Deno.test("signatureFault() takes armoured signatures", async () => {
  assertEquals(await fault(release, { at: ["--armor"] }), undefined);
});

Deno.test("signatureFault() refuses a key that is not in the keyring", async () => {
  assertEquals(
    await fault(stranger, { pinned: release }),
    `it is signed by a key that is not in ${release.binary}: ` +
      stranger.fingerprint.slice(-16),
  );
});

Deno.test("signatureFault() refuses a good signature of another key", async () => {
  const keyring = join(directory, "both");
  const keys = await Promise.all(
    [release, stranger].map((key) => Deno.readFile(key.binary)),
  );
  await Deno.writeFile(keyring, await new Blob(keys).bytes());
  assertEquals(
    await fault(stranger, { pinned: release, keyring }),
    `it is signed by ${stranger.fingerprint}, not by ${release.fingerprint}`,
  );
});

Deno.test("signatureFault() refuses a key that has expired", async () => {
  assertEquals(
    await fault(expired, { at: then }),
    "the key that signed it has expired",
  );
});

Deno.test("signatureFault() needs the pinned key itself", async () => {
  assertEquals(
    await failureOf(fault(release, { keyring: stranger.binary })),
    "host: cannot check signatures: " +
      `the key ${release.fingerprint} is not in ${stranger.binary} / vms-doctor`,
  );
});

Deno.test("signatureFault() refuses what is no signature", async () => {
  const { fingerprint, binary } = release;
  const signer = await openSigner(run, { fingerprint, keyring: binary });
  for (const text of ["", "<html>not found</html>", "\0\0\0\0"]) {
    const signature = join(directory, "none.sig");
    await Deno.writeTextFile(signature, text);
    assertEquals(
      await signatureFault(run, signer, { file, signature }),
      "its signature file holds no signature",
    );
  }
});

Deno.test("openSigner() refuses a fingerprint that is none", async () => {
  const opened = openSigner(run, { fingerprint: "9054449A5C", keyring: "" });
  assertEquals(
    await failureOf(opened),
    "usage: cannot check signatures: " +
      "iso.fingerprint in the settings is not the fingerprint of a key",
  );
});

Deno.test("openSigner() takes a fingerprint in groups and small letters", async () => {
  const { fingerprint, binary } = release;
  const grouped = fingerprint.toLowerCase().replace(/(.{4})/g, "$1 ");
  const given = { fingerprint: grouped, keyring: binary };
  const signer = await openSigner(run, given);
  assertEquals(signer.fingerprint, fingerprint);
});

Deno.test("openSigner() refuses an empty keyring", async () => {
  const keyring = join(directory, "empty");
  await Deno.writeTextFile(keyring, "");
  const { fingerprint } = release;
  assertEquals(
    await failureOf(openSigner(run, { fingerprint, keyring })),
    `host: cannot check signatures: the keyring ${keyring} holds no keys ` +
      "/ vms-doctor",
  );
});

const SIGNER = { fingerprint: "A".repeat(40), source: "keys" };
const VALID = `[GNUPG:] VALIDSIG ${"A".repeat(40)} 2026-03-01`;

Deno.test("judge() believes no text but status lines", () => {
  assertEquals(
    judge(`gpgv: Good signature from "${VALID}"`, SIGNER),
    "its signature file holds no signature",
  );
});

Deno.test("judge() takes VALIDSIG only together with GOODSIG", () => {
  assertEquals(judge(`[GNUPG:] GOODSIG AA me\n${VALID}`, SIGNER), undefined);
  for (
    const [word, why] of [
      ["REVKEYSIG", "the key that signed it was revoked"],
      ["EXPSIG", "its signature has expired"],
      ["BADSIG", "its signature is bad: it is not what was signed"],
    ]
  ) {
    assertEquals(judge(`[GNUPG:] ${word} AA me\n${VALID}`, SIGNER), why);
  }
});

Deno.test("judge() takes a subkey of the pinned key", () => {
  const valid = `[GNUPG:] VALIDSIG ${"B".repeat(40)} 2026-03-01 1 0 4 0 22 8 ` +
    `00 ${"A".repeat(40)}`;
  assertEquals(judge(`[GNUPG:] GOODSIG BB me\n${valid}`, SIGNER), undefined);
});
