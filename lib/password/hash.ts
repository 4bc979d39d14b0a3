/** Hashes of passwords, as /etc/shadow has them: crypt(5). */

import { Failure } from "../command/failure.ts";
import type { Run } from "../process/run.ts";

/** What `openssl passwd -6` makes; nothing in it is special to a shell or XML. */
const SHA512_CRYPT = /^\$6\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/;

/**
 * A salted SHA-512 hash of each, in their order. The passwords go in by
 * standard input, and no trace shows them: openssl-passwd(1).
 */
export async function hashes(
  run: Run,
  passwords: readonly string[],
): Promise<string[]> {
  if (passwords.length === 0) return [];
  const argv = ["openssl", "passwd", "-6", "-stdin"];
  const { stdout } = await run(argv, {
    stdin: passwords.map((one) => `${one}\n`).join(""),
    trace: [argv.join(" ")],
    changes: false,
  });
  const made = stdout.split("\n").filter(Boolean);
  if (
    made.length === passwords.length &&
    made.every((line) => SHA512_CRYPT.test(line))
  ) return made;
  throw new Failure(
    "failed",
    "cannot hash passwords",
    "openssl did not print a SHA-512 hash of each",
  );
}
