/** Passwords of VMs: made at random, or chosen by a person. */

/** Lower case and digits, without those that look like others. */
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

const GROUPS = 5;
const LENGTH = 4;

/** Bytes; openssl-passwd(1) cuts what is longer than 256. */
const LONGEST = 128;
const SHORTEST = 8;

/** `hx4k-9mbp-...`: 99 bits, for people to read and type. */
export function newPassword(): string {
  const letters = Array.from({ length: GROUPS * LENGTH }, randomLetter);
  return letters.join("").match(new RegExp(`.{${LENGTH}}`, "g"))!.join("-");
}

/** Each equally likely: bytes that do not divide evenly are drawn again. */
function randomLetter(): string {
  const even = 256 - 256 % LETTERS.length;
  while (true) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte! < even) return LETTERS[byte! % LETTERS.length]!;
  }
}

/**
 * Check a password that a person chose.
 *
 * @throws {Error} with what is wrong, never with the password.
 */
export function checkPassword(word: string): void {
  const bytes = new TextEncoder().encode(word).length;
  if (bytes < SHORTEST) throw new Error(`it has less than ${SHORTEST} bytes`);
  if (bytes > LONGEST) throw new Error(`it has more than ${LONGEST} bytes`);
  if (/\p{C}/u.test(word)) throw new Error("it has a control character");
}
