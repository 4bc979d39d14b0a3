/** The way to the agent of a VM: it is started in the guest on demand. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains } from "../libvirt/domain.ts";
import { mustRun } from "../libvirt/running.ts";
import { plainText } from "../names/plain_text.ts";
import { agentFiles } from "./files.ts";
import { runInGuest, waitForAgent } from "./guest_agent.ts";
import { type Port, takePort } from "./port.ts";
import { AgentSession } from "./session.ts";
import { update } from "./update.ts";

/** Seconds until a guest that boots must have come up. */
const BOOT = 600;

/** How long an agent that runs is waited for, in milliseconds. */
const AT_ONCE = 300;

/** How long one that was just started is, each time; and how often. */
const STARTED = 5000;
const TRIES = 12;

/**
 * Reach the agent of a running VM, or start it, or wait until the VM has
 * booted. Where it is another than the host's it is replaced.
 *
 * @throws {Failure} `missing`, `conflict` for a VM that is off, `timeout`.
 */
export async function connectToAgent(
  connection: Connection,
  name: string,
): Promise<AgentSession> {
  const port = await takePort(name) ?? await explain(connection, name);
  const { socket } = port;
  const session = new AgentSession(name, socket, port);
  try {
    const said = await session.meet(AT_ONCE) ??
      await started(connection, name, port, session);
    await upToDate(connection, name, port, session, said);
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Reach an agent that runs already, in a guest that went on from where it was
 * frozen, by what it is to do first.
 *
 * @throws {Failure} `timeout`, where it does not answer within those seconds.
 */
export async function meetAgent(
  name: string,
  seconds: number,
  method: string,
  params: object,
): Promise<AgentSession> {
  const what = `cannot reach the agent of "${name}"`;
  const port = await takePort(name);
  if (!port) throw new Failure("failed", what, "the VM has ended");
  const session = new AgentSession(name, port.socket, port);
  try {
    const answer = await session.meet(seconds * 1000, method, params);
    if (answer !== undefined) return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
  await session[Symbol.asyncDispose]();
  throw new Failure("timeout", what, `no answer within ${seconds} s`);
}

/** Start it through qemu-guest-agent. @returns its side of the handshake. */
async function started(
  connection: Connection,
  name: string,
  { number }: Port,
  session: AgentSession,
): Promise<unknown> {
  const { virsh } = connection;
  const what = `cannot reach the agent of "${name}"`;
  await waitForAgent(virsh, name, BOOT, async () => {
    mustRun(await listDomains(virsh), name, what);
  });
  for (let i = 0; i < TRIES; i++) {
    const unit = `vms-agent@${number}.service`;
    const start = ["systemctl", "start", unit];
    const { code } = await runInGuest(virsh, name, start, 60);
    if (code !== 0) {
      const why = "its template was built before VMs had one";
      const hint = `vms-template rebuild, then vms-rebuild ${name}`;
      throw new Failure("conflict", what, why, hint);
    }
    const said = await session.meet(STARTED);
    if (said !== undefined) return said;
    await demandUp(connection, name, unit);
  }
  const why = "it was started and does not answer";
  const hint = `vms-console ${name}`;
  throw new Failure("timeout", what, why, hint);
}

/**
 * One that ended at once has said why, such as what is wrong with its policy.
 *
 * @throws {Failure} with that.
 */
async function demandUp(
  { virsh }: Connection,
  name: string,
  unit: string,
): Promise<void> {
  const ask = (...argv: string[]) => runInGuest(virsh, name, argv, 60);
  const failed = await ask("systemctl", "is-failed", "--quiet", unit);
  if (failed.code !== 0) return;
  const own = [`_SYSTEMD_UNIT=${unit}`, "--lines=1", "--output=cat"];
  const { stdout } = await ask("journalctl", "--quiet", "--no-pager", ...own);
  const line = new TextDecoder().decode(stdout).trim();
  throw new Failure(
    "failed",
    `cannot reach the agent of "${name}"`,
    `it ended: ${plainText(line, 300) || "it did not say why"}`,
    `vms-console ${name}`,
  );
}

/** Let the guest have the agent that this host speaks to. */
async function upToDate(
  { virsh }: Connection,
  name: string,
  { number }: Port,
  session: AgentSession,
  said: unknown,
): Promise<void> {
  const files = await agentFiles();
  const { version } = (said ?? {}) as Record<string, unknown>;
  if (version === files.version) return;
  await update(virsh, name, files);
  const unit = `vms-agent@${number}.service`;
  await runInGuest(virsh, name, ["systemctl", "restart", unit], 60);
  for (let i = 0; i < TRIES; i++) {
    const now = await session.meet(STARTED) as Record<string, unknown>;
    if (now?.version === files.version) return;
  }
  throw new Failure(
    "failed",
    `cannot reach the agent of "${name}"`,
    "it was replaced and the new one does not answer",
    `vms-console ${name}`,
  );
}

/** Why it has no port. */
async function explain(
  { virsh }: Connection,
  name: string,
): Promise<never> {
  const what = `cannot reach the agent of "${name}"`;
  mustRun(await listDomains(virsh), name, what);
  throw new Failure(
    "conflict",
    what,
    virsh.local
      ? "the VM was made before VMs had one"
      : "the VM runs on another host",
    virsh.local ? `vms-clone ${name} NAME` : "the same command by ssh there",
  );
}
