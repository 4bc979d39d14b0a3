/** Units of a guest's systemd. */

import { startProgram } from "./program.ts";
import type { AgentSession } from "./session.ts";

/** Let them start; they are not waited for. */
export async function startUnits(
  agent: AgentSession,
  units: readonly string[],
): Promise<void> {
  if (units.length === 0) return;
  const argv = ["systemctl", "start", "--no-block", "--", ...units];
  const program = await startProgram(agent, argv, { root: true }, ignore);
  await program.exit;
}

const ignore = () => Promise.resolve();
