/** What a guest does in which a step hangs. */

import type { Console, Patience } from "../console/console.ts";
import { nonce, said } from "./live_system.ts";

/** Emulation is slow; and where all hangs, nothing comes. */
const ANSWER: Patience = { silence: 10_000, total: 20_000 };

/** Lines that it takes at most, as a rule. */
export const HANGING_LINES = 20;

/** Jobs of systemd, and the newest programs: the kernel's own threads hang nothing. */
const STATE = "systemctl list-jobs --no-pager; " +
  "ps --deselect --ppid 2 -p 2 --sort=start_time -o stat,time,args | " +
  "tail -n 15 | cut -c 1-150";

/** Have the guest say it, so that it is the last that was heard on the console. */
export async function sayWhatHangs(console: Console): Promise<void> {
  const [one, two] = nonce();
  await console.interrupt();
  // What is typed before the shell reads again can be lost.
  await console.quiet(300);
  await console.send(`${STATE}; ${said(`@@${one}`, two)}`);
  const mark = new RegExp(`\n@@${one}${two}\n`);
  // Without an answer the silence is all there is to tell.
  await console.expect("", mark, ANSWER).catch(() => {});
}
