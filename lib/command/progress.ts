/** Progress of long work, on standard error. */

export interface Progress {
  /** Begin step `n` of `of`; what it does stands in `says`. */
  step(n: number, of: number, says: string): void;
  /**
   * What the present step is at, such as "120 of 800 MiB". It may be said as
   * often as it changes: what nobody could read is not shown.
   */
  note(says: string): void;
  /** End the present step, if one runs. */
  done(): void;
}

export interface ProgressOptions {
  terminal: boolean;
  colour: boolean;
  write: (text: string) => void;
  /** Milliseconds, from a steady clock. */
  now: () => number;
}

/** Milliseconds from one note that is shown to the next. */
const TICK = 100;

/**
 * On a terminal one line per step that is rewritten with the time it takes,
 * elsewhere one plain line when a step begins and one with its time when it ends.
 */
export function progress(options: ProgressOptions): Progress {
  const { terminal, colour, write, now } = options;
  let head = "";
  let began = 0;
  let noted = -Infinity;
  const dim = (text: string) => colour ? `\x1b[2m${text}\x1b[0m` : text;
  const seconds = (at: number) => `${((at - began) / 1000).toFixed(1)} s`;
  const redraw = (tail: string) => write(`\r\x1b[K${head}  ${dim(tail)}`);
  const done = () => {
    if (!head) return;
    if (terminal) {
      redraw(seconds(now()));
      write("\n");
    } else {
      write(`      ${seconds(now())}\n`);
    }
    head = "";
  };
  return {
    step(n, of, says) {
      done();
      began = now();
      noted = -Infinity;
      head = `[${n}/${of}] ${says}`;
      if (terminal) redraw("");
      else write(`${head}\n`);
    },
    note(says) {
      if (!head || !terminal) return;
      const at = now();
      if (at - noted < TICK) return;
      noted = at;
      redraw(`${says}  ${seconds(at)}`);
    },
    done,
  };
}

/** A progress that shows nothing: for cron, and for `--json`. */
export const silent: Progress = { step() {}, note() {}, done() {} };
