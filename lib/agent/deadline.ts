/** A time by which a program in a guest must have ended. */

import { Failure } from "../command/failure.ts";
import type { RemoteProgram } from "./program.ts";

/** Seconds in which a guest must tell of the end of what was killed. */
const GRACE = 5;

export interface Deadline extends Disposable {
  /** True once the program was killed for it. */
  readonly late: boolean;
  /** Rejects where the guest does not let go of the program then. */
  passed: Promise<never>;
  /** What to throw where it is late. */
  failure: Failure;
}

/**
 * Kill a program after so many seconds, unless this is disposed of before;
 * never where they are infinite.
 *
 * @param name what it is called in the failure.
 */
export function deadline(
  program: Pick<RemoteProgram, "signal">,
  name: string,
  seconds: number,
): Deadline {
  const why = `it did not end within ${seconds} s`;
  const failure = new Failure("timeout", `cannot wait for ${name}`, why);
  const { promise: passed, reject } = Promise.withResolvers<never>();
  passed.catch(() => {});
  let late = false;
  const kill = () => {
    late = true;
    void program.signal("SIGKILL").catch(() => {});
  };
  const timers = Number.isFinite(seconds)
    ? [
      setTimeout(kill, seconds * 1000),
      setTimeout(() => reject(failure), (seconds + GRACE) * 1000),
    ]
    : [];
  return {
    get late() {
      return late;
    },
    passed,
    failure,
    [Symbol.dispose]: () => timers.forEach(clearTimeout),
  };
}
