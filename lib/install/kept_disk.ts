/** Telling where a disk is that was kept. */

import { Failure } from "../command/failure.ts";

/** Of one whose steps are one image already. */
export const NO_WAY_ON = ", to be looked at: --from cannot go on with it";

/** The failure with the path of the disk that `--keep` keeps, and what it is good for. */
export function withKeptDisk(
  error: unknown,
  path: string,
  use = "",
): unknown {
  if (!(error instanceof Failure)) return error;
  const { exit, what, why, hint } = error;
  const told = `${why}\nthe disk is kept: ${path}${use}`;
  return new Failure(exit, what, told, hint, { cause: error });
}
