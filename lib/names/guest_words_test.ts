import { assertEquals, assertThrows } from "@std/assert";
import { keymap, locale, network, timezone, user } from "./guest_words.ts";

const WORDS: [
  as: (word: string) => string,
  good: string[],
  bad: string[],
  what: string,
][] = [
  [
    timezone,
    ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"],
    ["", "/", "../etc", "Europe/", "/UTC", "a b", "UTC\n", "x".repeat(65)],
    "a time zone such as Europe/Berlin",
  ],
  [
    locale,
    ["C.UTF-8", "de_DE.UTF-8", "sr_RS@latin"],
    ["", "de/DE", "de DE", "-x", "de\nX=1", "de$x"],
    "a locale such as de_DE.UTF-8",
  ],
  [
    keymap,
    ["us", "de-latin1-nodeadkeys", "ru_win", "defkeymap_V1.0"],
    ["", "i386/de", "d e", "-x", "us\n", "../us"],
    "a keymap such as de",
  ],
  [
    network,
    ["default", "vms-isolated", "Lab_1.x"],
    ["", "-x", "a/b", "a b", "a\n"],
    "the name of a network",
  ],
  [
    user,
    ["me", "_x", "a-b"],
    ["", "root", "Me", "a b", "a\n"],
    "a user's name",
  ],
];

for (const [as, good, bad, what] of WORDS) {
  Deno.test(`what is, and what is not, ${what}`, () => {
    assertEquals(good.map(as), good);
    for (const word of bad) {
      const { message } = assertThrows(() => as(word), Error);
      assertEquals(message.endsWith(`is not ${what}`), true, message);
    }
  });
}
