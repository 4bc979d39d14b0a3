/** Going through the checks, and curing what can be cured. */

import { printable } from "../names/names.ts";
import {
  type Check,
  type Exam,
  hasSystemd,
  isThere,
  unreachable,
} from "./exam.ts";
import { poolIsActive } from "./pool.ts";
import type { Problem } from "./finding.ts";

export interface Report {
  /** What a check found, or that all is fine. */
  found(problem: Problem): void;
  /** What was cured. */
  cured(problem: Problem): void;
}

export interface ExamineOptions {
  repair: boolean;
  dryRun: boolean;
}

/**
 * Make all checks; those behind a cured one see the cured host. One that
 * cannot be made is a finding and does not stop the others.
 *
 * @returns what is wrong still.
 */
export async function examine(
  checks: readonly Check[],
  exam: Exam,
  report: Report,
  { repair, dryRun }: ExamineOptions,
): Promise<Problem[]> {
  const left: Problem[] = [];
  for (const check of checks) {
    if (!await possible(check, exam)) continue;
    let problems = await attempt(check, exam);
    if (repair) {
      const failures = await repairAll(problems, exam, report, dryRun);
      // What a cure did is looked at, not believed.
      if (!dryRun && problems.some((one) => curable(one, exam))) {
        problems = (await attempt(check, exam)).map((one) => ({
          ...one,
          what: one.what + (failures.get(one.id) ?? ""),
        }));
      }
    }
    problems.forEach(report.found);
    if (problems.length === 0) report.found(fineOf(check));
    left.push(...problems);
  }
  return left;
}

function fineOf({ id, fine }: Check): Problem {
  return { id, level: "ok", what: fine, kind: "host" };
}

/** True where it is within the power of this process. */
export function curable({ repair, root }: Problem, { host }: Exam): boolean {
  return repair !== undefined && (!root || host.uid === 0);
}

async function possible({ needs }: Check, exam: Exam): Promise<boolean> {
  if (needs.includes("local") && !exam.virsh.local) return false;
  if (needs.includes("systemd") && !await hasSystemd(exam)) return false;
  // Taking a lock as root would make the directory, and not as it should be.
  if (needs.includes("locks") && exam.virsh.local && exam.host.uid === 0) {
    if (!await isThere(exam, "/run/vms/lock")) return false;
  }
  const libvirt = needs.includes("libvirt") || needs.includes("pool");
  if (libvirt && await unreachable(exam) !== undefined) return false;
  return !needs.includes("pool") || await poolIsActive(exam);
}

async function attempt(check: Check, exam: Exam): Promise<Problem[]> {
  try {
    return await check.examine(exam);
  } catch (error) {
    const why = error instanceof Deno.errors.NotCapable
      ? "a program was installed only now; run vms-doctor again"
      : (error as Error).message;
    const what = `could not look at this: ${why}`;
    return [{ id: check.id, level: "error", kind: "host", what }];
  }
}

/** @returns why cures failed, by id. */
async function repairAll(
  problems: Problem[],
  exam: Exam,
  report: Report,
  dryRun: boolean,
): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  for (const problem of problems.filter((one) => curable(one, exam))) {
    try {
      await problem.repair!();
      if (!dryRun) report.cured(problem);
    } catch (error) {
      const why = printable((error as Error).message.slice(0, 200));
      failures.set(problem.id, `; the cure failed: ${why}`);
    }
  }
  return failures;
}
