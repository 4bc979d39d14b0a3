/**
 * How a guest has set the terminal, and how to undo that: its person goes on
 * at a prompt of the host, where reports of the mouse would be typed.
 */

/** Private modes that a terminal begins without. */
const OFF = new Set([
  ...[1, 5, 6, 9, 45, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016],
  ...[2004, 2026, 47, 1047, 1049],
]);

/** Those it begins with: lines that wrap, a cursor that is seen. */
const ON = new Set([7, 25]);

/** These change to another screen; they come last. */
const SCREENS = new Set([47, 1047, 1049]);

/** Sequences that were let through, and what of them is still in force. */
export class Settings {
  /** What undoes it, by what it is. */
  #left = new Map<string, string>();

  /** @param rest what stood after ESC. */
  note(rest: string) {
    const modes = /^\[\?([0-9;]+)([hl])$/.exec(rest);
    if (modes) {
      for (const one of modes[1]!.split(";")) {
        this.#mode(Number(one), modes[2] === "h");
      }
    } else if (/^\[[0-9:;]*m$/.test(rest)) {
      this.#set("colours", "\x1b[m", !/^\[0*m$/.test(rest));
    } else if (/^\[4[hl]$/.test(rest)) {
      this.#set("insert", "\x1b[4l", rest.endsWith("h"));
    } else if (/^\[[0-9;]*r$/.test(rest)) {
      this.#set("region", "\x1b7\x1b[r\x1b8", rest !== "[r");
    } else if (/^\[\d? q$/.test(rest)) {
      this.#set("cursor", "\x1b[ q", /[1-9]/.test(rest));
    } else if (/^[=>]$/.test(rest)) {
      this.#set("keypad", "\x1b>", rest === "=");
    } else if (/^\(/.test(rest)) {
      this.#set("G0", "\x1b(B", rest !== "(B");
    }
  }

  /** SO and SI choose between character sets. */
  shifted(out: boolean) {
    this.#set("shift", "\x0f", out);
  }

  /** What to send so that the terminal is as it was; empty where it is. */
  undo(): string {
    const all = [...this.#left].map(([name, sequence]) => ({
      sequence,
      last: SCREENS.has(Number(name)),
    }));
    this.#left.clear();
    const some = (last: boolean) =>
      all.filter((one) => one.last === last).map(({ sequence }) => sequence);
    return [...some(false), ...some(true)].join("");
  }

  #mode(mode: number, on: boolean) {
    if (OFF.has(mode)) this.#set(`${mode}`, `\x1b[?${mode}l`, on);
    if (ON.has(mode)) this.#set(`${mode}`, `\x1b[?${mode}h`, !on);
  }

  #set(name: string, undo: string, differs: boolean) {
    if (differs) this.#left.set(name, undo);
    else this.#left.delete(name);
  }
}
