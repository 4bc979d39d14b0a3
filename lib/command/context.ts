/** What a command is given to work with. */

import type { Run } from "../process/run.ts";
import type { Output } from "./output.ts";
import { type Progress, silent } from "./progress.ts";

export interface Context {
  /** Name of the command, for messages. */
  name: string;
  run: Run;
  /** Data: standard output. */
  out: Output;
  /** Words for people: one line on standard error. */
  say(line: string): void;
  /** What is wrong though the work goes on; told also where nobody watches. */
  warn(line: string): void;
  /** Bytes of a program's standard error, handed through to ours. */
  err(bytes: Uint8Array): Promise<void>;
  /** Long work, step by step. */
  progress: Progress;
  /** True where a person is watching standard error. */
  terminal: boolean;
  /** True where nothing may be changed. */
  dryRun: boolean;
}

/** The same, but with no word while all is well: what cron runs is silent. */
export function quiet(context: Context): Context {
  return { ...context, say() {}, progress: silent };
}
