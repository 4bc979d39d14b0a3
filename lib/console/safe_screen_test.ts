import { assertEquals } from "@std/assert";
import { SafeScreen } from "./safe_screen.ts";

function shown(...pieces: string[]): string {
  const screen = new SafeScreen();
  const bytes = pieces.map((piece) =>
    screen.push(new TextEncoder().encode(piece))
  );
  return bytes.map((one) => new TextDecoder().decode(one)).join("");
}

Deno.test("SafeScreen lets through what draws", () => {
  for (
    const text of [
      "plain äöü ☃\r\n\ttext",
      "\x1b[1;31mred\x1b[0m",
      "\x1b[2J\x1b[H\x1b[10;20H",
      "\x1b[?25l\x1b[?1049h",
      "\x1b(B\x1b7\x1b8\x1bM",
      "\x1b[2 q",
    ]
  ) assertEquals(shown(text), text);
});

Deno.test("SafeScreen drops what sets titles and the clipboard", () => {
  assertEquals(shown("a\x1b]0;evil\x07b"), "ab");
  assertEquals(shown("a\x1b]52;c;ZXZpbA==\x1b\\b"), "ab");
  assertEquals(shown("a\x1bPdata\x1b\\b\x1b_apc\x1b\\c"), "abc");
});

Deno.test("SafeScreen drops questions that the terminal would answer", () => {
  assertEquals(
    shown("\x1b[6nx\x1b[cy\x1b[>cz\x1b[21t\x1bZ\x1b[?1$p\x1b[0x"),
    "xyz",
  );
});

Deno.test("SafeScreen judges sequences that are cut in pieces", () => {
  assertEquals(shown("a\x1b", "[3", "1mb"), "a\x1b[31mb");
  assertEquals(shown("a\x1b]0;ev", "il\x07", "b"), "ab");
});

Deno.test("SafeScreen drops C1 controls and keeps what looks like them", () => {
  assertEquals(shown("a\u009b6nb\u00a9 \u00bf"), "a6nb\u00a9 \u00bf");
});

Deno.test("SafeScreen is not tricked by sequences in sequences", () => {
  assertEquals(shown("\x1b\x1b]0;x\x07y"), "y");
  assertEquals(shown("\x1b[1\x1b]0;x\x07y"), "y");
  assertEquals(shown(`\x1b[${"1".repeat(5000)}c`).includes("\x1b"), false);
  assertEquals(shown("\x1bP\x1b]52;c;x\x07y"), "y");
});
