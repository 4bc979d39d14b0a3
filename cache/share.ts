/** After an installation: what it downloaded serves the next one. */

import type { Context } from "../lib/command/context.ts";
import type { Config } from "../lib/config/config.ts";
import { printable } from "../lib/names/names.ts";
import { publish } from "./publish.ts";

/** Publish what `template` downloaded; say what cannot be shared. */
export async function shareDownloads(
  config: Config["cache"],
  context: Context,
  template: string,
): Promise<void> {
  if (context.dryRun) return;
  const { refused } = await publish(config, context.run, template);
  for (const { name, why } of refused) {
    context.warn(`not shared: ${printable(name)}: ${why}`);
  }
}
