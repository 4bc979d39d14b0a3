/**
 * Which sequences only draw: the ones that xterm(1), VTE and kitty show and
 * neither answer nor act on otherwise. Whatever is not listed does not pass. XTerm
 * Control Sequences, ECMA-48, kitty's protocol extensions.
 */

/**
 * Final bytes of `CSI numbers final`. Not among them: c n x (questions), t
 * (windows, also questions), i (prints), q (lights), h l (see below).
 */
const FINALS = new Set("@ABCDEFGHIJKLMPSTXZ`abdefgmrsu");

/** Modes of `CSI numbers h` and `l`: insert, and the cursor of screen(1). */
const MODES = new Set([4, 34]);

/**
 * Modes of `CSI ? numbers h` and `l`. Not among them: 2 (another language:
 * VT52), 3 and 40 (size of the window), 42 (character sets), 1001 (waits for an
 * answer), and those that make kitty and VTE report at once or on their own:
 * 2031, 2048, 5522. Mouse, focus and pasting are told to who reads the
 * keyboard, by what the person does; `Settings` ends that.
 */
const PRIVATE_MODES = new Set([
  ...[1, 4, 5, 6, 7, 9, 12, 25, 45, 47, 66, 69],
  ...[1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016],
  ...[1047, 1048, 1049, 2004, 2026],
]);

/** After ESC: save, restore, keypad, index, next line, tab, reverse index. */
const SHORT = new Set("78=>DEHM");

/** With a middle: what G0 to G3 hold (lines, UK, US), sizes of a line. */
const DESIGNATES = /^(?:[()*+][0AB12]|#[34568])$/;

/** The parts of a control sequence; numbers are short, so that none is huge. */
const CONTROL =
  /^(?<prefix>[<-?]*)(?<numbers>\d{0,5}(?:[:;]\d{0,5})*)(?<middle>[ -/]*)(?<final>[@-~])$/;

/** @param rest what stands after ESC, complete, without `[`. */
export function escapeDraws(rest: string): boolean {
  return SHORT.has(rest) || DESIGNATES.test(rest);
}

/** @param rest what stands after `ESC [`, complete. */
export function controlDraws(rest: string): boolean {
  const parts = CONTROL.exec(rest)?.groups;
  if (!parts) return false;
  const { numbers, final } = parts as Record<string, string>;
  switch (`${parts.prefix}${parts.middle}`) {
    case "":
      return plainDraws(numbers!, final!);
    case "?":
      if (final === "h" || final === "l") return all(numbers!, PRIVATE_MODES);
      // Erase what is not protected.
      return (final === "J" || final === "K") && /^\d?$/.test(numbers!);
    case " ": // the shape of the cursor
      return final === "q" && /^\d?$/.test(numbers!);
    case "!": // all but the picture as it was at first
      return final === "p" && numbers === "";
  }
  return false;
}

function plainDraws(numbers: string, final: string): boolean {
  if (final === "h" || final === "l") return all(numbers, MODES);
  // With five numbers xterm waits for an answer to what the mouse marks.
  if (final === "T") return /^\d*$/.test(numbers);
  // Others of kitty end in u as well.
  if (final === "u") return numbers === "";
  return FINALS.has(final);
}

function all(numbers: string, allowed: Set<number>): boolean {
  return numbers.split(";").every((one) =>
    /^\d+$/.test(one) && allowed.has(Number(one))
  );
}
