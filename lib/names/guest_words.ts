/** Words that a guest is told, or libvirt of it: checked before anything is made. */

import { printable } from "./names.ts";

/** A word that the pattern takes, and no longer one. */
function matching(pattern: RegExp, what: string) {
  return (word: string): string => {
    if (word.length <= 64 && pattern.test(word)) return word;
    throw new Error(`${printable(word)} is not ${what}`);
  };
}

/** A path below /usr/share/zoneinfo. */
export const timezone = matching(
  /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/,
  "a time zone such as Europe/Berlin",
);

/** locale(7), such as `de_DE.UTF-8` or `sr_RS@latin`. */
export const locale = matching(
  /^[A-Za-z][A-Za-z0-9_.@-]*$/,
  "a locale such as de_DE.UTF-8",
);

/** vconsole.conf(5), such as `de-latin1`. */
export const keymap = matching(
  /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/,
  "a keymap such as de",
);

/** A network of libvirt. */
export const network = matching(
  /^[A-Za-z0-9_][A-Za-z0-9_.:+-]*$/,
  "the name of a network",
);

/** useradd(8): what Arch takes for a user's name. */
export function user(name: string): string {
  if (/^[a-z_][a-z0-9_-]{0,30}$/.test(name) && name !== "root") return name;
  throw new Error(`${printable(name)} is not a user's name`);
}
