/** For tests: a shell script in the place of the guest at a console. */

import { realRun } from "../process/run.ts";
import { Console } from "./console.ts";

/** Words of bash: as a tty reads a line, from the last Ctrl-U on. */
export const TYPED =
  "typed() { IFS= read -r -d $'\\r' line; line=${line##*$'\\x15'}; };";

/** Talk to the script; `transcript()` is all that it has said so far. */
export async function withGuest(
  script: string,
  work: (console: Console, transcript: () => string) => Promise<void>,
): Promise<void> {
  const run = realRun({ trace: false, dryRun: false, log: () => {} });
  let heard = "";
  const decoder = new TextDecoder();
  const console = new Console(run.talk(["bash", "-c", script]), {
    write(bytes) {
      heard += decoder.decode(bytes, { stream: true });
      return Promise.resolve(bytes.length);
    },
  });
  try {
    await work(console, () => heard);
  } finally {
    await console.close();
  }
}
