/**
 * Turns of forks: as many wake at once as the host has processors. More would
 * be late all together, and so late that some were given up.
 */

import { tryLock } from "../lock/lock.ts";

/** Milliseconds, until a turn is taken for granted: one of those before hangs. */
const LONGEST = 120_000;

/** Milliseconds between two looks. */
const LOOK = 20;

/** Wait for a turn; others wait until it is disposed of, once or more often. */
export async function takeTurn(
  { places = navigator.hardwareConcurrency, kind = "fork" } = {},
): Promise<DisposableStack> {
  const turn = new DisposableStack();
  for (const end = Date.now() + LONGEST; Date.now() < end;) {
    for (let place = 1; place <= places; place++) {
      const held = await tryLock("turn", `${kind}-${place}`);
      if (!held) continue;
      turn.use(held);
      return turn;
    }
    await new Promise((done) => setTimeout(done, LOOK));
  }
  return turn;
}
