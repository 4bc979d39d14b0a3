/** The eyes of the tests that look at screens. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  extent,
  find,
  learnFont,
  type Picture,
  readPpm,
  readText,
} from "../e2e/picture.ts";

const GRID = { columns: 40, rows: 5 };
const ALPHABET = " abcdefghijklmnopqrstuvwxyz0123456789:$#ABCDE";

/** A shape of its own for each character, 8 by 16; none for a blank. */
function drawn(char: string, x: number, y: number): boolean {
  const code = ALPHABET.indexOf(char);
  return code > 0 && y > 2 && y < 14 &&
      ((code * 37 >> (x + y) % 7) & 1) === 1 &&
      (x + code) % 3 !== 0 || code > 0 && y === 15 && (code >> x & 1) === 1;
}

function blank(width: number, height: number): Picture {
  return { width, height, pixels: new Uint8Array(width * height * 3) };
}

/** A console that shows these lines in grey on black. */
function console_(...lines: string[]): Picture {
  const picture = blank(GRID.columns * 8, GRID.rows * 16);
  lines.forEach((line, row) =>
    [...line].forEach((char, column) => {
      for (let y = 0; y < 16; y++) {
        for (let x = 0; x < 8; x++) {
          if (!drawn(char, x, y)) continue;
          const at = (row * 16 + y) * picture.width + column * 8 + x;
          picture.pixels.fill(170, at * 3, at * 3 + 3);
        }
      }
    })
  );
  return picture;
}

/** `part` on a larger picture, a little lighter. */
function shownAt(part: Picture, left: number, top: number): Picture {
  const whole = blank(part.width + 60, part.height + 70);
  for (let y = 0; y < part.height; y++) {
    const row = part.pixels.slice(y * part.width * 3, (y + 1) * part.width * 3);
    whole.pixels.set(
      row.map((byte) => byte + 5),
      ((y + top) * whole.width + left) * 3,
    );
  }
  return whole;
}

const SHELL = console_("web login: user", "$ factor 42", "42: 2 3 7");

Deno.test("find() finds a picture in another, at any place", () => {
  for (const [left, top] of [[0, 0], [17, 51], [60, 70]] as const) {
    const { x, y, all, edges } = find(SHELL, shownAt(SHELL, left, top));
    assertEquals([x, y, all, edges], [left, top, 1, 1]);
  }
});

Deno.test("find() does not find what is not there", () => {
  const other = console_("", "another text altogether", "", "and more of it");
  for (const whole of [shownAt(other, 9, 9), blank(500, 300), blank(9, 9)]) {
    assert(find(SHELL, whole).edges < 0.8);
  }
  assertEquals(find(blank(10, 10), blank(20, 20)).edges, 0);
});

Deno.test("find() tells how much is there", () => {
  const changed = console_("web login: user", "$ factor 43");
  const { edges, all } = find(SHELL, shownAt(changed, 3, 4));
  assert(edges > 0.5 && edges < 0.95, `${edges}`);
  assert(all > 0.9 && all < 1, `${all}`);
});

Deno.test("extent() tells how far a picture is not black", () => {
  assertEquals(extent(blank(30, 20)), [0, 0]);
  const picture = blank(30, 20);
  picture.pixels[(7 * 30 + 11) * 3 + 1] = 1;
  assertEquals(extent(picture), [12, 8]);
});

Deno.test("readText() reads what it has learned the font of", () => {
  const lines = [ALPHABET.slice(0, 40), ALPHABET.slice(40)];
  const font = learnFont(console_(...lines), GRID, ALPHABET);
  assertEquals(font.size, ALPHABET.length);
  assertEquals(
    readText(SHELL, GRID, font),
    "web login: user\n$ factor 42\n42: 2 3 7\n\n",
  );
  font.delete([...font].find(([, char]) => char === "4")![0]);
  assertEquals(readText(SHELL, GRID, font).split("\n")[2], "?2: 2 3 7");
});

Deno.test("readPpm() reads what import and virsh write", () => {
  const bytes = new Uint8Array([
    ...new TextEncoder().encode("P6\n2 1\n255\n"),
    ...[1, 2, 3, 4, 5, 6],
  ]);
  const pixels = new Uint8Array([1, 2, 3, 4, 5, 6]);
  assertEquals(readPpm(bytes), { width: 2, height: 1, pixels });
  assertThrows(() => readPpm(new Uint8Array(3)), Error, "no PPM");
});
