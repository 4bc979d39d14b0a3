/** How much lies in the cache, and whose it is. */

import type { Column } from "../lib/command/output.ts";
import type { Config } from "../lib/config/config.ts";
import type { Listed } from "../lib/libvirt/domain.ts";
import { humanSize } from "../lib/names/values.ts";
import { type Contents, contents, owners } from "./contents.ts";
import { ownCache, SHARED, sharedCache } from "./layout.ts";
import { type Occupation, occupation } from "./occupation.ts";

/** A directory of the cache. Of the shared one, `newest` was published last. */
export interface CacheStatus extends Contents {
  name: string;
  state: "shared" | Occupation;
}

/** The shared directory, then those of VMs. */
export async function cacheStatus(
  config: Config["cache"],
  list: readonly Listed[],
): Promise<CacheStatus[]> {
  const rows: CacheStatus[] = [
    { name: SHARED, state: "shared", ...await contents(sharedCache(config)) },
  ];
  for (const name of await owners(config)) {
    const state = occupation(list, name);
    rows.push({ name, state, ...await contents(ownCache(config, name)) });
  }
  return rows;
}

export const STATUS_COLUMNS: Column<CacheStatus>[] = [
  { header: "NAME", text: ({ name }) => name },
  { header: "STATE", text: ({ state }) => state },
  { header: "PACKAGES", text: ({ packages }) => `${packages}` },
  { header: "SIZE", text: ({ bytes }) => humanSize(bytes) },
  { header: "LEFT-OVERS", text: ({ leftovers }) => `${leftovers}` },
  {
    header: "NEWEST",
    text: ({ newest }) => newest?.toISOString().slice(0, 16) ?? "-",
  },
];
