/** Pictures of screens: where one is found in another, and what text is on it. */

/** Three bytes a pixel, line by line from the top. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** Columns and rows of a text console that fills a picture. */
export interface Grid {
  columns: number;
  rows: number;
}

/** A binary PPM, with a byte a channel: ppm(5). */
export function readPpm(bytes: Uint8Array): Picture {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 100));
  const [all, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(head) ?? [];
  if (all === undefined) throw new Error("it is no PPM");
  return {
    width: Number(width),
    height: Number(height),
    pixels: bytes.subarray(all.length),
  };
}

/** By how much a channel may be off: pictures are sent compressed. */
const OFF = 16;

function alike(a: Uint8Array, i: number, b: Uint8Array, j: number): boolean {
  return Math.abs(a[i]! - b[j]!) <= OFF &&
    Math.abs(a[i + 1]! - b[j + 1]!) <= OFF &&
    Math.abs(a[i + 2]! - b[j + 2]!) <= OFF;
}

/** Pixels that are another colour than their left neighbours. */
function edgesOf({ width, height, pixels }: Picture): [number, number][] {
  const found: [number, number][] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width; x++) {
      const at = (y * width + x) * 3;
      if (!alike(pixels, at, pixels, at - 3)) found.push([x, y]);
    }
  }
  return found;
}

export interface Found {
  x: number;
  y: number;
  /** How much of all its pixels is there, from 0 to 1. */
  all: number;
  /** The same of its edges, where a picture is not just a background. */
  edges: number;
}

/** How many edges are looked at where a place is only tried. */
const TRIED = 1000;

/** The place in `whole` where most of `part` is, at its own size. */
export function find(part: Picture, whole: Picture): Found {
  const edges = edgesOf(part);
  const every = Math.ceil(edges.length / TRIED);
  const tried = edges.filter((_, i) => i % every === 0);
  const misses = (points: [number, number][], x: number, y: number, at = 1e9) =>
    missesIn(part, whole, points, [x, y], at);
  let best = { x: 0, y: 0, missed: tried.length + 1 };
  for (let y = 0; y <= whole.height - part.height; y++) {
    for (let x = 0; x <= whole.width - part.width; x++) {
      const missed = misses(tried, x, y, best.missed);
      if (missed < best.missed) best = { x, y, missed };
    }
  }
  const { x, y } = best;
  if (best.missed > tried.length || edges.length === 0) {
    return { x, y, all: 0, edges: 0 };
  }
  const count = part.width * part.height;
  const points = Array.from(
    { length: count },
    (_, i): [number, number] => [i % part.width, Math.floor(i / part.width)],
  );
  return {
    x,
    y,
    all: 1 - misses(points, x, y) / count,
    edges: 1 - misses(edges, x, y) / edges.length,
  };
}

/** How many of those pixels are not there; no more than `enough` are counted. */
function missesIn(
  part: Picture,
  whole: Picture,
  points: [number, number][],
  [left, top]: [number, number],
  enough: number,
): number {
  let missed = 0;
  for (const [x, y] of points) {
    const i = (y * part.width + x) * 3;
    const j = ((y + top) * whole.width + x + left) * 3;
    if (!alike(part.pixels, i, whole.pixels, j) && ++missed >= enough) break;
  }
  return missed;
}

/** How far it is not black: the last column and row, counted from 1. */
export function extent({ width, pixels }: Picture): [number, number] {
  let [right, bottom] = [0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    if (!pixels[i] && !pixels[i + 1] && !pixels[i + 2]) continue;
    right = Math.max(right, i / 3 % width + 1);
    bottom = Math.floor(i / 3 / width) + 1;
  }
  return [right, bottom];
}

/** The shape that is lit in one cell of a text console. */
function shape(
  { width, height, pixels }: Picture,
  { columns, rows }: Grid,
  [column, row]: [number, number],
): string {
  const wide = Math.floor(width / columns);
  const high = Math.floor(height / rows);
  let lit = "";
  for (let y = row * high; y < (row + 1) * high; y++) {
    for (let x = column * wide; x < (column + 1) * wide; x++) {
      const at = (y * width + x) * 3;
      lit += pixels.subarray(at, at + 3).some((byte) => byte > 64) ? "#" : ".";
    }
  }
  return lit;
}

/** What character each shape is. */
export type Font = Map<string, string>;

/** Learn the font from a console that begins with that text, however long. */
export function learnFont(picture: Picture, grid: Grid, text: string): Font {
  return new Map(
    [...text].map((char, i) => {
      const place: [number, number] = [
        i % grid.columns,
        Math.floor(i / grid.columns),
      ];
      return [shape(picture, grid, place), char];
    }),
  );
}

/** The text of a console; `?` for what is not in the font. */
export function readText(picture: Picture, grid: Grid, font: Font): string {
  const line = (row: number) =>
    Array.from(
      { length: grid.columns },
      (_, column) => font.get(shape(picture, grid, [column, row])) ?? "?",
    ).join("").trimEnd();
  return Array.from({ length: grid.rows }, (_, row) => line(row)).join("\n");
}
