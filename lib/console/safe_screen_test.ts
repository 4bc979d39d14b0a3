import { assertEquals } from "@std/assert";
import { SafeScreen } from "./safe_screen.ts";

function shownBytes(...pieces: Uint8Array[]): Uint8Array {
  const screen = new SafeScreen();
  return new Uint8Array(pieces.flatMap((one) => [...screen.push(one)]));
}

function shown(...pieces: string[]): string {
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  return new TextDecoder().decode(shownBytes(...bytes));
}

Deno.test("SafeScreen lets through what draws", () => {
  for (
    const text of [
      "plain äöü ☃ 😀\r\n\ttext",
      "\x1b[1;31mred\x1b[0m\x1b[38:2::1:2:3;4:3m",
      "\x1b[2J\x1b[H\x1b[10;20H\x1b[3J\x1b[5;20r\x1b[s\x1b[u",
      "\x1b[?25l\x1b[?1049h\x1b[?1006;1000h\x1b[?2004h\x1b[4h\x1b[4l",
      "\x1b(B\x1b)0\x0e\x0f\x1b7\x1b8\x1bM\x1b#8",
      "\x1b[2 q\x1b[!p\x1b[?J",
    ]
  ) assertEquals(shown(text), text);
});

Deno.test("SafeScreen drops what sets titles and the clipboard", () => {
  assertEquals(shown("a\x1b]0;evil\x07b"), "ab");
  assertEquals(shown("a\x1b]52;c;ZXZpbA==\x1b\\b"), "ab");
  assertEquals(shown("a\x1bPdata\x1b\\b\x1b_apc\x1b\\c"), "abc");
  assertEquals(shown("a\x1bXsos\x1b\\b\x1b^pm\x1b\\c\x1bktitle"), "abctitle");
});

Deno.test("SafeScreen drops questions that the terminal would answer", () => {
  for (
    const question of [
      "\x1b[6n",
      "\x1b[?6n",
      "\x1b[?996n",
      "\x1b[c",
      "\x1b[>c",
      "\x1b[=c",
      "\x1b[?c",
      "\x1b[>q",
      "\x1b[21t",
      "\x1b[18t",
      "\x1bZ",
      "\x1b[?1$p",
      "\x1b[0x",
      "\x1b[1*y",
      "\x1b[?u",
      "\x1b[?2;1;0S",
      "\x1b[?4m",
      "\x1b[#S",
      "\x05",
    ]
  ) assertEquals(shown(`a${question}b`), "ab", JSON.stringify(question));
});

Deno.test("SafeScreen drops what acts otherwise than on the picture", () => {
  for (
    const [sequence, left = ""] of [
      ["\x1b[?2l"], // the language of a VT52, which has other sequences
      ["\x1b[?3h"],
      ["\x1b[?40h"],
      ["\x1b[?25;2031h"],
      ["\x1b[?2048h"],
      ["\x1b[?5522h"],
      ["\x1b[?1001h"],
      ["\x1b[1;2;3;4;5T"],
      ["\x1b[?3r"],
      ["\x1b[?3s"],
      ["\x1b[2h"],
      ["\x1b[5i"],
      ["\x1b[?5i"],
      ["\x1b[1q"],
      ["\x1b[8;1;1t"],
      ["\x1b[>1u"],
      ["\x1b[=1u"],
      ["\x1b[97;5u"],
      ["\x1b[>4;2m"],
      ['\x1b[61"p'],
      ["\x1b[13]"],
      ["\x1b%@"],
      ["\x1b G"],
      ["\x1bl"],
      ["\x1b(%5"],
      ["\x1b[999999b"],
    ]
  ) {
    assertEquals(shown(`a${sequence}b`), `a${left}b`, JSON.stringify(sequence));
  }
});

Deno.test("SafeScreen judges sequences that are cut in pieces", () => {
  assertEquals(shown("a\x1b", "[3", "1mb"), "a\x1b[31mb");
  assertEquals(shown("a\x1b]0;ev", "il\x07", "b"), "ab");
  assertEquals(shown("\x1b(", "\x1b", "]0;evil", "\x07b"), "b");
});

Deno.test("SafeScreen drops C1 controls and keeps what looks like them", () => {
  assertEquals(shown("a\u009b6nb\u00a9 \u00bf"), "a6nb\u00a9 \u00bf");
  // U+269B ends in the byte of a control sequence, as U+201B begins.
  assertEquals(shown("\u269b \u201b"), "\u269b \u201b");
});

Deno.test("SafeScreen shows bytes that are no character as a terminal does", () => {
  const shows = (bytes: number[], text: string) =>
    assertEquals(
      new TextDecoder().decode(shownBytes(new Uint8Array(bytes))),
      text,
    );
  shows([0x61, 0x9b, 0x36, 0x6e], "a\ufffd6n");
  shows([0xe2, 0x9b, 0x41], "\ufffdA");
  shows([0xe2, 0x1b, 0x5b, 0x6d], "\ufffd\x1b[m");
  // Longer than they have to be: U+009B, U+001B.
  shows([0xe0, 0x82, 0x9b, 0x41], "\ufffd\ufffd\ufffdA");
  shows([0xc0, 0x9b, 0x41], "\ufffd\ufffdA");
  shows([0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd");
  shows([0xf5, 0x80], "\ufffd\ufffd");
});

Deno.test("SafeScreen is not tricked by sequences in sequences", () => {
  assertEquals(shown("\x1b\x1b]0;x\x07y"), "y");
  assertEquals(shown("\x1b[1\x1b]0;x\x07y"), "y");
  assertEquals(shown("\x1b(\x1b]0;evil\x07y"), "y");
  assertEquals(shown("\x1b)\x1b]52;c;eA==\x07y"), "y");
  assertEquals(shown(`\x1b[${"1".repeat(5000)}cy`), "y");
  assertEquals(shown("\x1bP\x1b]52;c;x\x07y"), "y");
});

Deno.test("SafeScreen.end() puts the terminal back as it was", () => {
  const left = (text: string) => {
    const screen = new SafeScreen();
    screen.push(new TextEncoder().encode(text));
    return new TextDecoder().decode(screen.end());
  };
  assertEquals(left("plain\n"), "");
  assertEquals(left("\x1b[31mred\x1b[0m \x1b[?25l\x1b[?25h"), "");
  assertEquals(
    left("\x1b[?1049h\x1b[?1006;1000h"),
    [
      "\x1b[?1006l",
      "\x1b[?1000l",
      "\x1b[?1049l",
    ].join(""),
  );
  assertEquals(left("\x1b[8m"), "\x1b[m");
  assertEquals(left("\x0e\x1b(0\x1b[?25l"), "\x0f\x1b(B\x1b[?25h");
  assertEquals(left("\x1b[?2004h\x1b[?2004l\x1b[2;5r"), "\x1b7\x1b[r\x1b8");
  // What did not come through is not undone.
  assertEquals(left("\x1b[?2048h"), "");
});
