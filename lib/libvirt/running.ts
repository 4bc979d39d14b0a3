/** What can only be done to a VM that runs. */

import { Failure } from "../command/failure.ts";
import { findListed, type Listed } from "./domain.ts";

/** @throws {Failure} `missing`, or `conflict` with how to make it run. */
export function mustRun(
  list: readonly Listed[],
  name: string,
  what: string,
): void {
  const { state } = findListed([...list], name);
  if (state === "running") return;
  const why = state === "shut off" ? "it is off" : `it is ${state}`;
  const hint = state === "paused" ? `vms-resume ${name}` : `vms-start ${name}`;
  throw new Failure("conflict", what, why, hint);
}
