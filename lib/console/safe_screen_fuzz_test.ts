/** Random streams: whatever comes through, a terminal finds nothing else in it. */

import { assert, assertEquals } from "@std/assert";
import { SafeScreen } from "./safe_screen.ts";

const CASES = 4000;

/** Halves of sequences, from which a guest could put together any. */
const FRAGMENTS = [
  ..."\x00\x05\x07\x08\n\r\x0e\x0f\x18\x1a\x1b\x1b\x1b\x1b\x7f",
  ..."[[[[]PX^_\\()*+-./ !\"#$%&'<=>?;:0123456789",
  ..."@ABCDEFGHIJKLMNOPQRSTUVWXYZ`abcdefghijklmnopqrstuvwxyz{|}~",
  ...["\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1b(", "\x1b)"],
  ...["\x1b\\", "\x1b]0;evil\x07", "\x1b]52;c;eA==\x1b\\", "\x1b(\x1b]0;x\x07"],
  ...["\x1b[?u", "\x1b[?2;1;0S", "\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[14t"],
  ...["\x1b[?1049h", "\x1b[31m", "\x1b[?2048h", "\x1b[?25;2031h", "\x1b[2 q"],
  ...["\x1b[?", "\x1b[>", "\x1b[!", "1049", "2026", "99999", "1".repeat(300)],
  ...["text", "ä", "☃", "😀", "\u009b", "\u009d0;evil\x07", "\u0090", "\ufffd"],
].map((text) => new TextEncoder().encode(text));

/** Bytes that stand alone: C1 controls, parts of characters. */
const BYTES = [0x84, 0x90, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f].concat(
  [0xa0, 0xc0, 0xc2, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff],
);

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function stream(below: (n: number) => number): Uint8Array {
  const bytes: number[] = [];
  for (let i = below(40); i >= 0; i--) {
    if (below(5) === 0) bytes.push(BYTES[below(BYTES.length)]!);
    else if (below(20) === 0) bytes.push(below(256));
    else bytes.push(...FRAGMENTS[below(FRAGMENTS.length)]!);
  }
  return new Uint8Array(bytes);
}

/** Filtered in pieces; two cuts may fall together. */
function filtered(bytes: Uint8Array, below: (n: number) => number): Uint8Array {
  const screen = new SafeScreen();
  const out: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + below(6);
    out.push(...screen.push(bytes.subarray(at, end)));
    at = end;
  }
  return new Uint8Array([...out, ...screen.end()]);
}

/**
 * What a terminal finds in a text, after the states of the VT500 that Paul
 * Williams drew (vt100.net/emu/dec_ansi_parser): it knows of no list.
 */
function found(text: string): string[] {
  const events: string[] = [];
  let state = "ground";
  let kept = "";
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code >= 0x80 && code <= 0x9f) events.push(`C1 ${code.toString(16)}`);
    else if (code === 0x1b) {
      [state, kept] = ["escape", ""];
    } else if (code < 0x20 || code === 0x7f) {
      events.push(`control ${code.toString(16)}`);
      if (state !== "ground") events.push(`control in ${state}`);
    } else if (state === "escape") {
      kept += char;
      if (char === "[") state = "csi";
      else if ("]PX^_".includes(char)) {
        events.push(`string ${char}`);
        state = "ground";
      } else if (code > 0x2f) {
        events.push(`ESC ${kept}`);
        state = "ground";
      }
    } else if (state === "csi") {
      kept += char;
      if (code >= 0x40) {
        events.push(`CSI ${kept.slice(1)}`);
        state = "ground";
      }
    }
  }
  if (state !== "ground") events.push(`open ${state} ${kept}`);
  return events;
}

/** What may be found; written anew, not with the filter's own words. */
const HARMLESS = new RegExp(
  [
    "control (?:7|8|9|a|b|c|d|e|f)",
    "ESC (?:[78=>DEHM]|[()*+][AB012]|#[34568])",
    "CSI [0-9;:]*[@ABCDEFGHIJKLMPSXZ`abdefgmrs]",
    "CSI [0-9]*T",
    "CSI u",
    "CSI (?:4|34)(?:;(?:4|34))*[hl]",
    "CSI \\?(?:P)(?:;(?:P))*[hl]".replaceAll(
      "P",
      "[145679]|12|25|45|47|66|69|100[0234567]|101[56]|104[789]|2004|2026",
    ),
    "CSI \\?[0-9]?[JK]",
    "CSI [0-9]? q",
    "CSI !p",
  ].map((one) => `^${one}$`).join("|"),
);

Deno.test("SafeScreen: nothing but drawing is found in what it lets through", () => {
  for (let seed = 1; seed <= CASES; seed++) {
    const below = random(seed);
    const bytes = stream(below);
    const out = filtered(bytes, below);
    // No byte that is not part of a character: none can be a C1 control.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(out);
    const wrong = found(text).filter((event) => !HARMLESS.test(event));
    assertEquals(wrong, [], `seed ${seed}: ${JSON.stringify(text)}`);
  }
});

Deno.test("SafeScreen: where a stream is cut makes no difference", () => {
  for (let seed = 1; seed <= CASES / 4; seed++) {
    const below = random(seed);
    const bytes = stream(below);
    const screen = new SafeScreen();
    const whole = [...screen.push(bytes), ...screen.end()];
    assertEquals([...filtered(bytes, below)], whole, `seed ${seed}`);
  }
});

Deno.test("the recogniser finds what a guest would like to send", () => {
  for (
    const evil of [
      "\x1b]0;evil\x07",
      "\x1b(\x1b]0;evil\x07",
      "\x1b[?u",
      "\x1b[?2;1;0S",
      "\x1b[?2048h",
      "\x1b[6n",
      "\u009b6n",
      "\x1bP$q\x1b\\",
      "\x1b[?25\n;2031h",
    ]
  ) assert(found(evil).some((event) => !HARMLESS.test(event)), evil);
});
