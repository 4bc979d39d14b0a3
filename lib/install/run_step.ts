/** One step in the guest: started over the console, logged on a share. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import type { Console } from "../console/console.ts";
import { retyped } from "../console/retyped.ts";
import { plainText } from "../names/plain_text.ts";
import { endOf, sizeOf } from "./guest_file.ts";
import { sayWhatHangs } from "./hanging.ts";
import { nonce } from "./live_system.ts";
import type { Step } from "./steps.ts";

/**
 * Run a step to its end.
 *
 * Its end is told twice, by a mark on the console and by a file on the log
 * share; whichever comes first is taken, because kernel lines can split a mark.
 * Of one that is late the guest says last what runs in it.
 *
 * @throws {Failure} `failed` with the step's exit code, `timeout`, or what
 * became of the guest.
 */
export async function runStep(
  console: Console,
  step: Step,
  logs: string,
  note: (says: string) => void,
): Promise<void> {
  const what = `cannot install: step ${step.name}`;
  const [one, two] = nonce();
  const log = join(logs, `${step.name}.log`);
  const type = retyped(
    console,
    `bash /run/vms/seed/guest/run-step ${step.name} ${one} ${two}`,
  );
  const begun = join(logs, `${step.name}.begun-${one}${two}`);
  const mark = new RegExp(`@@${one}${two}:${step.name}:(\\d{1,3})@@`);
  const [, code] = await console.expect(what, mark, step.patience, {
    alive: async () => {
      const line = await lastLine(log);
      if (line) note(line);
      return (await sizeOf(log)) ?? 0;
    },
    meanwhile: async () => {
      if (await sizeOf(begun) === undefined) await type();
    },
    found: () => codeFile(join(logs, `${step.name}.rc-${one}${two}`)),
  }).catch(async (error) => {
    const late = error instanceof Failure && error.exit === "timeout";
    if (late) await sayWhatHangs(console);
    throw error;
  });
  if (Number(code) === 0) return;
  const why = (await tail(log, 3)).join(" / ") || "it printed nothing";
  throw new Failure("failed", what, `it exited with ${code}: ${why}`);
}

/** The code in the file, in the shape of the mark's match. */
async function codeFile(path: string): Promise<RegExpMatchArray | undefined> {
  const text = await endOf(path, 16).catch(() => undefined);
  return /^(\d{1,3})\n$/.exec(text ?? "") ?? undefined;
}

async function lastLine(path: string): Promise<string | undefined> {
  return (await tail(path, 1))[0];
}

/** The last lines of a log that the guest writes: printable text only. */
async function tail(path: string, count: number): Promise<string[]> {
  const text = await endOf(path, 4096).catch(() => undefined);
  return (text ?? "").split("\n")
    .map((line) => plainText(line.trim(), 200))
    .filter(Boolean).slice(-count);
}
