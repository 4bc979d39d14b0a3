/** For tests: what a command is given to work with, and what it said there. */

import type { Run } from "../process/run.ts";
import type { Context } from "./context.ts";
import { output } from "./output.ts";
import { silent } from "./progress.ts";

export interface Heard {
  /** Names, as data. */
  names: string[];
  /** Words for people. */
  said: string[];
}

export function fakeContext(
  run: Run,
  given: Partial<Context> = {},
): Context & Heard {
  const names: string[] = [];
  const said: string[] = [];
  return {
    name: "vms-test",
    run,
    out: {
      ...output({ json: false, terminal: false }),
      name: (name) => void names.push(name),
    },
    say: (line) => void said.push(line),
    warn: (line) => void said.push(`warning: ${line}`),
    err: () => Promise.resolve(),
    progress: silent,
    terminal: false,
    dryRun: false,
    ...given,
    names,
    said,
  };
}
