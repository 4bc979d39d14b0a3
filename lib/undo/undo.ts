/** Undo steps, run in reverse unless the work was kept. */

export interface Undo extends AsyncDisposable {
  /** Remember how to take back what was just done. */
  add(step: () => Promise<unknown>): void;
  /** All went well: nothing is taken back. */
  keep(): void;
}

/** Those whose work goes on, the innermost last. */
const open: UndoSteps[] = [];

class UndoSteps implements Undo {
  #steps: (() => Promise<unknown>)[] = [];
  #running?: Promise<void>;

  add(step: () => Promise<unknown>) {
    this.#steps.push(step);
    // Done while all was being taken back: it goes too.
    if (this.#running) this.#running = this.#running.then(() => this.#run());
  }

  keep() {
    this.#steps = [];
  }

  /** Also where it runs already: until it has ended. */
  takeBack(): Promise<void> {
    return this.#running ??= this.#run();
  }

  async [Symbol.asyncDispose]() {
    await this.takeBack();
    open.splice(open.indexOf(this), 1);
  }

  async #run() {
    for (let step; (step = this.#steps.pop());) {
      try {
        await step();
      } catch {
        // The failure that led here is the one to report; vms-doctor
        // finds what could not be taken back.
      }
    }
  }
}

/**
 * ```ts
 * await using undo = undoing();
 * await make(); undo.add(() => remove());
 * undo.keep();
 * ```
 * A step that fails does not stop the others; they are all tried.
 */
export function undoing(): Undo {
  const undo = new UndoSteps();
  open.push(undo);
  return undo;
}

/**
 * All of them, waited for where one fails as well: what is taken back then has
 * ended.
 */
export async function allOf<T extends readonly unknown[]>(
  works: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}

/** Take back all work that goes on: somebody wants the command to end now. */
export async function takeAllBack(): Promise<void> {
  for (const undo of open.toReversed()) await undo.takeBack();
}
