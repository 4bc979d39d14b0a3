/** All commands; generated: deno task pages. */

import type { Entries } from "../lib/command/multicall.ts";

export const COMMANDS: Entries = {};
