/** The whole terminal for figures that change, drawn anew at each tick. */

import { undoing } from "../undo/undo.ts";
import { inTime } from "./in_time.ts";

/** The other screen of the terminal, without a cursor; and back: XTerm. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

type Lines = (columns: number) => string[];

export interface Screen {
  /**
   * Show lines from the top, made for so many columns, and anew when these
   * change; what does not fit is cut.
   */
  draw(lines: Lines): void;
  /** Wait; true as soon as somebody typed q. */
  wait(milliseconds: number): Promise<boolean>;
}

/** True where standard output is a terminal. */
export function screenThere(): boolean {
  return Deno.stdout.isTerminal();
}

/**
 * Work on the screen until the work ends. Whatever ends it, also Ctrl-C, the
 * terminal is as it was.
 */
export async function onScreen(
  work: (screen: Screen) => Promise<void>,
): Promise<void> {
  await using undo = undoing();
  let shown: Lines = () => [];
  const draw = (lines: Lines) => {
    shown = lines;
    const there = size();
    write(frame(lines(there.columns), there));
  };
  const resized = () => draw(shown);
  write(ENTER);
  undo.add(() => Promise.resolve(write(LEAVE)));
  Deno.addSignalListener("SIGWINCH", resized);
  undo.add(() =>
    Promise.resolve(Deno.removeSignalListener("SIGWINCH", resized))
  );
  const left = keys(undo.add.bind(undo));
  await work({ draw, wait: (milliseconds) => inTime(left, milliseconds) });
}

/**
 * One picture: every line to its end and the rest of the screen blank, so that
 * nothing of the last one stays and nothing flickers.
 */
export function frame(
  lines: readonly string[],
  { columns, rows }: { columns: number; rows: number },
): string {
  const fits = lines.length <= rows
    ? lines
    : [...lines.slice(0, rows - 1), `... ${lines.length - rows + 1} more`];
  const cut = fits.map((line) => `${line.slice(0, columns)}\x1b[K`);
  return `\x1b[H${cut.join("\r\n")}\x1b[J`;
}

/** Some terminals do not say how big they are. */
function size() {
  const { columns, rows } = Deno.consoleSize();
  return { columns: columns || 80, rows: rows || 24 };
}

/** Resolved at q. Without a terminal to type on, never. */
function keys(add: (step: () => Promise<void>) => void): Promise<void> {
  if (!Deno.stdin.isTerminal()) return new Promise(() => {});
  Deno.stdin.setRaw(true, { cbreak: true });
  add(() => Promise.resolve(Deno.stdin.setRaw(false)));
  return untilQ();
}

async function untilQ() {
  const bytes = new Uint8Array(64);
  while (true) {
    const count = await Deno.stdin.read(bytes);
    if (count === null || bytes.subarray(0, count).includes(0x71)) return;
  }
}

function write(text: string) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}
