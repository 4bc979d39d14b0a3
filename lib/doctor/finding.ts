/** What the doctor finds, and how it is cured. */

import { quote } from "../process/quote.ts";
import type { Run } from "../process/run.ts";

/** A `hint` is advice where nothing is wrong. */
export type Level = "ok" | "hint" | "warning" | "error";

/** As it is shown and, with `--json`, printed. */
export interface Finding {
  /** Such as `network` or `directory:/run/vms`. */
  id: string;
  level: Level;
  what: string;
  /** A command line, or words where none cures it. */
  cure?: string;
  /** True where the cure needs root. */
  root?: boolean;
}

/** A finding with what cures it. */
export interface Problem extends Finding {
  /** `host` lacks something; `remains` are left-overs and what is broken. */
  kind: "host" | "remains";
  /** Left out where only a person can decide. */
  repair?: () => Promise<unknown>;
}

/** One program of a cure. */
export type Line = readonly string[];

/** A cure made of programs: the line that is shown is what is run. */
export function programs(
  run: Run,
  lines: readonly Line[],
): Pick<Problem, "cure" | "repair"> {
  return {
    cure: lines.map((argv) => argv.map(quote).join(" ")).join(" && "),
    async repair() {
      for (const argv of lines) await run(argv);
    },
  };
}

/** The same, where it takes root. */
export function programsOfRoot(
  run: Run,
  lines: readonly Line[],
  uid: number,
): Pick<Problem, "cure" | "repair" | "root"> {
  const { cure, repair } = programs(run, lines);
  const sudo = lines.map((argv) => ["sudo", ...argv]);
  return {
    cure: uid === 0 ? cure : programs(run, sudo).cure,
    repair,
    root: true,
  };
}

/** A cure that is more than programs. */
export function byDoctor(repair: () => Promise<unknown>, root = false) {
  const sudo = root ? "sudo " : "";
  return { cure: `${sudo}vms-doctor --repair`, repair, root };
}
