/** Telling where a disk is that was kept. */

import { Failure } from "../command/failure.ts";

/** The failure with the path of the disk that `--keep` keeps. */
export function withKeptDisk(error: unknown, path: string): unknown {
  if (!(error instanceof Failure)) return error;
  const { exit, what, why, hint } = error;
  const told = `${why}\nthe disk is kept: ${path}`;
  return new Failure(exit, what, told, hint, { cause: error });
}
