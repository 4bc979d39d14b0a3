/** How findings are shown, and what they come to. */

import type { Context } from "../command/context.ts";
import type { Exit } from "../command/failure.ts";
import type { Exam } from "./exam.ts";
import { curable, type Report } from "./examine.ts";
import type { Finding, Problem } from "./finding.ts";

/** Print findings as they come; what is fine, and hints, only with `all`. */
export function reporter(
  { out }: Pick<Context, "out">,
  { all }: { all: boolean },
): Report {
  return {
    found(problem) {
      const { level } = problem;
      if ((level === "ok" || level === "hint") && !all) return;
      const shown = finding(problem);
      out.object(shown, () => lines(level, shown));
    },
    cured(problem) {
      const { id, what, cure } = problem;
      const shown: Finding = { id, level: "ok", what, cure };
      out.object({ ...shown, cured: true }, () => [...lines("cured", shown)]);
    },
  };
}

function finding({ id, level, what, cure, root }: Problem): Finding {
  return { id, level, what, cure, root: cure ? root ?? false : undefined };
}

function lines(word: string, { what, cure }: Finding): string[] {
  const head = `${word.padEnd(7)}  ${what}`;
  return cure ? [head, `${" ".repeat(7)}  > ${cure}`] : [head];
}

export interface Verdict {
  /** Undefined where all is well. */
  exit?: Exit;
  summary: string;
  hint?: string;
}

/** What the host lacks outweighs what was left on it. */
export function verdict(
  left: readonly Problem[],
  exam: Exam,
  { repair }: { repair: boolean },
): Verdict {
  const errors = left.filter(({ level }) => level === "error");
  const warnings = left.filter(({ level }) => level === "warning");
  const summary = [count(errors, "error"), count(warnings, "warning")]
    .filter(Boolean).join(", ") || "all is well";
  if (errors.length === 0) return { summary };
  const lacks = errors.some(({ kind }) => kind === "host");
  return {
    exit: lacks ? "host" : "failed",
    summary,
    hint: hintFor(errors, exam, repair),
  };
}

/** The one command that goes on from here. */
function hintFor(
  errors: readonly Problem[],
  exam: Exam,
  repair: boolean,
): string | undefined {
  const cures = errors.filter((one) => one.repair);
  if (cures.some((one) => !curable(one, exam))) {
    return "sudo vms-doctor --repair";
  }
  if (cures.length > 0 && !repair) return "vms-doctor --repair";
}

function count(all: readonly Problem[], what: string): string | false {
  return all.length > 0 && `${all.length} ${what}${all.length > 1 ? "s" : ""}`;
}
