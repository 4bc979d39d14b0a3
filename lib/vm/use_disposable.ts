/** What is done with a disposable until it is gone. */

import { runInGuest, waitForAgent } from "../agent/guest_agent.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { openConsole } from "../console/terminal.ts";
import type { Connection } from "../libvirt/connection.ts";
import { dump } from "../libvirt/domain.ts";
import { readCards } from "../libvirt/network_card.ts";
import { lock } from "../lock/lock.ts";
import { display, openViewer } from "../spice/viewer.ts";
import { undoing } from "../undo/undo.ts";
import { release } from "./address.ts";
import { endDisposable, isActive } from "./disposable_end.ts";
import type { Disposable } from "./dispose.ts";
import { waitUntilOff } from "./stop.ts";

/** Seconds until the guest agent must answer; emulation is slow. */
const BOOT = 600;

/**
 * Run one command in it, print its output, remove the VM.
 *
 * @returns the command's exit code.
 */
export async function runOnce(
  connection: Connection,
  context: Context,
  { name }: Disposable,
  argv: readonly string[],
  { user, timeout }: { user: string; timeout: number },
): Promise<number> {
  // Held while the command is wanted: without it the VM is swept.
  using _wanted = await lock("use", name);
  await using undo = undoing();
  undo.add(ending(connection, name));
  const { virsh } = connection;
  await waitForAgent(virsh, name, BOOT, async () => {
    if (await isActive(connection, name)) return;
    throw new Failure(
      "failed",
      `cannot run ${argv[0]}`,
      "the VM ended while it booted",
    );
  });
  const command = user === "root"
    ? argv
    : ["runuser", "-u", user, "--", ...argv];
  const result = await runInGuest(virsh, name, command, timeout);
  await context.out.bytes(result.stdout);
  await context.err(result.stderr);
  if (result.truncated) context.say("warning: the output was cut at 16 MiB");
  return result.code;
}

/**
 * Open its screen or its console, and remove it once it is off. Where it is
 * left running, another process waits for that.
 */
export async function useInteractively(
  connection: Connection,
  context: Context,
  { name, graphical }: Disposable,
): Promise<void> {
  const { virsh } = connection;
  await using undo = undoing();
  undo.add(ending(connection, name));
  if (graphical && display()) await openViewer(context.run, virsh, name);
  else await openConsole(context.run, virsh, name);
  const [left] = await waitUntilOff(virsh, [name], 2);
  if (!left) return;
  undo.keep();
  removeLater(context, name);
  context.say(
    `${name} runs on; vms-console ${name} goes back, vms-stop ${name} ends it`,
  );
}

/** Wait until it is off, however long that takes, and remove it. */
export async function removeOnceOff(
  connection: Connection,
  name: string,
): Promise<void> {
  // Once it is off nothing tells which address it had.
  const before = await connection.virsh.try(dump(name));
  while (await isActive(connection, name)) {
    await waitUntilOff(connection.virsh, [name], 3600);
  }
  // Whoever keeps it holds this lock until its layer is another VM's.
  using _held = await lock("vm", name, { wait: true });
  await endDisposable(connection, name);
  if (before.ok) await release(connection, readCards(before.stdout));
}

/** The same in a process of its own. Without one the next call sweeps. */
export function removeLater({ run }: Context, name: string): void {
  try {
    run.detached(["vms-dispose", "--remove-once-off", name]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** How it is ended, whether by this scope or by a signal. */
function ending(connection: Connection, name: string) {
  return async () => {
    using _held = await lock("vm", name, { wait: true });
    await endDisposable(connection, name);
  };
}
