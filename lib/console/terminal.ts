/** A guest's serial console in the terminal of the person. */

import { Failure } from "../command/failure.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import type { Run } from "../process/run.ts";

/**
 * Connect terminal and console until Ctrl-] or until the VM is off. The
 * terminal's settings are put back however virsh ends.
 *
 * @throws {Failure} `host` without a terminal, `conflict` for a VM that is off.
 */
export async function openConsole(
  run: Run,
  virsh: Virsh,
  name: string,
  { off = false } = {},
): Promise<void> {
  const what = `cannot open the console of "${name}"`;
  if (off) {
    throw new Failure("conflict", what, "it is off", `vms-start ${name}`);
  }
  if (!Deno.stdin.isTerminal()) {
    throw new Failure("host", what, "standard input is no terminal");
  }
  const saved = await terminalSettings(run);
  try {
    const argv = virsh.argv(["console", "--force", "--", name]);
    const code = await run.attached(argv, { changes: false });
    if (code !== 0) {
      throw new Failure(
        "failed",
        what,
        `virsh exited with ${code}`,
        "vms-list",
      );
    }
  } finally {
    await run.attached(["stty", saved], { changes: false });
  }
}

/** The settings in the form that stty takes back. */
async function terminalSettings(run: Run): Promise<string> {
  const { stdout } = await run(["stty", "--file=/dev/tty", "-g"], {
    changes: false,
  });
  return stdout.trim();
}
