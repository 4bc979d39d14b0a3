/** The ISO that an installation is from. */

import type { Config } from "../lib/config/config.ts";
import type { BootableIso } from "../lib/install/installation.ts";
import type { Run } from "../lib/process/run.ts";
import { bootable } from "./bootable.ts";
import { newestIso } from "./kept.ts";

/**
 * The one that was asked for, else the newest that was fetched and proven.
 *
 * @throws {Failure} `missing`, or what is wrong with it.
 */
export async function chosenIso(
  run: Run,
  config: Config["iso"],
  path?: string,
): Promise<BootableIso> {
  return await bootable(run, path ?? (await newestIso(config)).path);
}
