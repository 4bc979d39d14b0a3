/** Running the programs that are measured. */

import { realRun } from "../lib/process/run.ts";

/** Runs programs for real; throws with what they said where they fail. */
export const run = realRun({ trace: false, dryRun: false, log: () => {} });

/** Run programs one after another. */
export async function runAll(programs: string[][]): Promise<void> {
  for (const argv of programs) await run(argv);
}

/** Standard output of a program, without the last newline. */
export async function answer(...argv: string[]): Promise<string> {
  return (await run(argv)).stdout.trimEnd();
}

/** True where the program ended well. */
export async function succeeds(...argv: string[]): Promise<boolean> {
  return await run(argv).then(() => true, () => false);
}
