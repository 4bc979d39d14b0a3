/** Another agent for a guest, by qemu-guest-agent: it is always there. */

import type { Virsh } from "../libvirt/virsh.ts";
import type { AgentFiles } from "./files.ts";
import { lock } from "../lock/lock.ts";
import { runInGuest, writeInGuest } from "./guest_agent.ts";

const HOME = "/usr/lib/vms";

/**
 * Put the files beside those of before, and then in their place by renaming a
 * link. An agent that runs goes on with what it has read.
 */
export async function update(
  virsh: Virsh,
  name: string,
  { version, files }: AgentFiles,
): Promise<void> {
  using _held = await lock("agent", name, { wait: true });
  const run = (...argv: string[]) => runInGuest(virsh, name, argv, 60);
  // Another command may have been quicker.
  const { stdout } = await run("cat", `${HOME}/agent/version`);
  if (new TextDecoder().decode(stdout).trim() === version) return;
  const to = `${HOME}/agent-${version}`;
  await run("mkdir", "-p", `${to}/smol-toml`);
  for (const [path, content] of files) {
    await writeInGuest(virsh, name, `${to}/${path}`, content);
  }
  await run("chmod", "755", `${to}/on-terminal`);
  await run("ln", "-sfnT", `agent-${version}`, `${HOME}/agent.new`);
  await run("mv", "-T", `${HOME}/agent.new`, `${HOME}/agent`);
}
