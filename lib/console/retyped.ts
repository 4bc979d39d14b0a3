/** A line that may be lost on its way: a tty whose input is flushed drops it. */

import type { Console } from "./console.ts";

/** How long a line that shows no effect is taken for underway. */
const LOST = 10_000;

/**
 * Types a line when it is called, and again where that is long ago. The line
 * must bear being read twice.
 */
export function retyped(
  console: Console,
  line: string,
  lost = LOST,
): () => Promise<void> {
  let typed = -Infinity;
  return async () => {
    if (performance.now() - typed < lost) return;
    await console.send(line);
    typed = performance.now();
  };
}
