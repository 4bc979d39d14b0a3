/** Undo steps, run in reverse unless the work was kept. */

export interface Undo extends AsyncDisposable {
  /** Remember how to take back what was just done. */
  add(step: () => Promise<unknown>): void;
  /** All went well: nothing is taken back. */
  keep(): void;
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
  let steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step) => void steps.push(step),
    keep: () => void (steps = []),
    async [Symbol.asyncDispose]() {
      for (const step of steps.reverse()) {
        try {
          await step();
        } catch {
          // The failure that led here is the one to report; vms-doctor
          // finds what could not be taken back.
        }
      }
    },
  };
}
