/** Public ssh keys, as the settings name them. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { printable } from "../names/names.ts";

/** One line of an authorized_keys file without options: sshd(8). */
const KEY =
  /^(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+\/]+={0,3}(?: [^\p{C}]*)?$/u;

/**
 * The keys of `[vm] ssh_keys`: each is a key, or the path of a file of keys.
 *
 * @throws {Failure} `usage`.
 */
export async function sshKeys(words: readonly string[]): Promise<string[]> {
  const found = await Promise.all(words.map(keysOf));
  return [...new Set(found.flat())];
}

async function keysOf(word: string): Promise<string[]> {
  const what = `cannot use ssh_keys: ${printable(word)}`;
  if (!/^~?\//.test(word)) return [checked(what, word)];
  const home = Deno.env.get("HOME") ?? "/root";
  const path = word.startsWith("~") ? join(home, word.slice(1)) : word;
  let text;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Failure("usage", what, (error as Error).message);
  }
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line && !line.startsWith("#"))
    .map((line) => checked(what, line));
}

function checked(what: string, line: string): string {
  if (KEY.test(line)) return line;
  throw new Failure(
    "usage",
    what,
    "neither a public ssh key nor an absolute path of a file of them",
  );
}
