/** The processes of a session, setsid(2): all that a program has started in it. */

import { signalGroup, signalProcess } from "./libc.ts";
import { SIGKILL } from "./signal.ts";

/** Who begins others faster than they are found is not followed further. */
const ROUNDS = 20;

/**
 * Kill all of them. A shell gives each of its jobs a group of its own, so the
 * leader's is not enough; what has begun a session of its own goes on.
 */
export function endSession(leader: number) {
  signalGroup(leader, SIGKILL);
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const found = inSession(leader).filter((pid) => !seen.has(pid));
    if (found.length === 0) return;
    for (const pid of found) {
      seen.add(pid);
      signalProcess(pid, SIGKILL);
    }
  }
}

/** Their numbers; also of those that have ended, and are waited for. */
export function inSession(leader: number): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => name)
    .filter((name) => /^\d+$/.test(name) && sessionOf(name) === leader)
    .map(Number);
}

/** By /proc/PID/stat: pid (name) state ppid group session. */
function sessionOf(pid: string): number | undefined {
  let stat;
  try {
    stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch {
    // It has gone meanwhile.
    return;
  }
  // A name may hold anything, brackets too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[3]);
}
