/** Advice on merging the equal memory of VMs: docs/density.md. */

import { type Ksm, readKsm } from "../host/ksm.ts";
import type { Check, Exam } from "./exam.ts";
import { type Problem, programsOfRoot } from "./finding.ts";

const ADVICE: Record<Ksm["state"], string> = {
  absent: "this kernel cannot merge equal memory of VMs: it is built without " +
    "KSM. Forks of a warm image share memory all the same",
  off: "KSM is off: equal memory of VMs is not merged. On, it gives some " +
    "back where many VMs were booted and memory is short, and takes CPU all " +
    "the time; and a VM can then tell by timing what others have in memory",
  on: "KSM is on: a VM can tell by timing what others have in memory, and " +
    "looking for equal pages takes CPU. Where that matters more than the " +
    "memory it saves, end it",
};

/** What would change it; a person has to weigh that. */
function cureFor(
  { state }: Ksm,
  { run, host }: Exam,
): Pick<Problem, "cure" | "root"> {
  if (state === "absent") return {};
  // 2 also takes apart what was merged.
  const value = state === "on" ? "2" : "1";
  const lines = [["tee", "/sys/kernel/mm/ksm/run"]];
  const { cure, root } = programsOfRoot(run, lines, host.uid);
  return { cure: `echo ${value} | ${cure}`, root };
}

async function examine(exam: Exam): Promise<Problem[]> {
  const found = await readKsm(exam.run, exam.host.root);
  return [{
    id: "ksm",
    level: "hint",
    kind: "host",
    what: ADVICE[found.state],
    ...cureFor(found, exam),
  }];
}

export const ksm: Check = {
  id: "ksm",
  fine: "nothing is to be said of KSM",
  needs: ["local"],
  examine,
};
