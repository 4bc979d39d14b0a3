/** A guest's serial console in the terminal of the person. */

import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import type { Run } from "../process/run.ts";
import { type Undo, undoing } from "../undo/undo.ts";
import { SafeScreen } from "./safe_screen.ts";

export interface ConsoleOptions {
  /** The VM is off: there is nothing to open. */
  off?: boolean;
  /** Show what the guest sends as it is, also what does more than draw. */
  raw?: boolean;
}

/** Milliseconds that a virsh which was told to end is given for it. */
const PATIENCE = 2000;

/**
 * Known before a VM is started to be talked to.
 *
 * @param what cannot be done without a terminal.
 * @throws {Failure} `host`.
 */
export function refuseWithoutTerminal(
  what: string,
  terminal = Deno.stdin.isTerminal(),
): void {
  if (terminal) return;
  throw new Failure("host", what, "standard input is no terminal");
}

/**
 * Connect terminal and console until Ctrl-] or until the VM is off. virsh makes
 * the terminal raw and reads it; what the guest sends goes through here. The
 * terminal's settings are put back however it ends, also by a signal.
 *
 * @throws {Failure} `host` without a terminal, `conflict` for a VM that is off.
 */
export async function openConsole(
  { run, out }: Pick<Context, "run" | "out">,
  virsh: Virsh,
  name: string,
  { off = false, raw = false }: ConsoleOptions = {},
): Promise<void> {
  const what = `cannot open the console of "${name}"`;
  if (off) {
    throw new Failure("conflict", what, "it is off", `vms-start ${name}`);
  }
  refuseWithoutTerminal(what);
  await using undo = undoing();
  await keepSettings(run, undo);
  const screen = new SafeScreen();
  undo.add(() => raw ? Promise.resolve() : out.bytes(screen.end()));
  const ending = new AbortController();
  const running = run.attached(
    virsh.argv(["console", "--force", "--", name]),
    {
      signal: ending.signal,
      output: raw ? undefined : (bytes) => out.bytes(screen.push(bytes)),
    },
  );
  undo.add(() => {
    ending.abort();
    return Promise.race([running, pause(PATIENCE)]);
  });
  const code = await running;
  if (code === 0) return;
  throw new Failure("failed", what, `virsh exited with ${code}`, "vms-list");
}

/** Put the terminal's settings back as they are now, in the end. */
async function keepSettings(run: Run, undo: Undo): Promise<void> {
  const stty = ["stty", "--file=/dev/tty"];
  const looking = { changes: false };
  const { stdout } = await run([...stty, "-g"], looking);
  undo.add(() => run([...stty, stdout.trim()], looking));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    Deno.unrefTimer(setTimeout(done, milliseconds));
  });
}
