/** What is done with a disposable until it is gone. */

import { connectToAgent } from "../agent/connect.ts";
import { runProgram } from "../agent/program.ts";
import type { AgentSession } from "../agent/session.ts";
import { startUnits } from "../agent/unit.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { openConsole } from "../console/terminal.ts";
import type { Connection } from "../libvirt/connection.ts";
import { dump, getRunning, relabel } from "../libvirt/domain.ts";
import { readCards } from "../libvirt/network_card.ts";
import { lock } from "../lock/lock.ts";
import { display, openViewer } from "../spice/viewer.ts";
import { undoing } from "../undo/undo.ts";
import { complete, type Fork, plug } from "../warm/fork.ts";
import { refill } from "../warm/pool.ts";
import { release } from "../network/address.ts";
import { isActive } from "../vm/running.ts";
import { endDisposable, sweepDisposables } from "./end.ts";
import type { Disposable } from "./start.ts";
import { execBy, type ExecOptions } from "../inside/exec.ts";
import { waitUntilOff } from "../vm/stop.ts";

/** Milliseconds: a command that is done by then never had use for a network. */
const SHORT = 300;

/** The same where a guest is slow, as where its processor is emulated. */
const shortIn = ({ waking }: Fork) => Math.max(SHORT, 2 * waking);

/** Milliseconds: a command that runs for so long has all that was asked for. */
const LONG = 10_000;

export interface OnceOptions extends ExecOptions {
  /** Begin when it has a network. */
  online?: boolean;
  /** Milliseconds after which pools are filled while it runs. */
  long?: number;
}

/** Seconds. */
const ONLINE = 120;

/** Milliseconds between two looks at a VM that is to be removed once it is off. */
const LOOK = 1000;

/**
 * Run one command in it, with the input, output and signals of this process;
 * then remove the VM. What removes it fills pools as well, and is started
 * before where the command takes long.
 *
 * @returns the command's exit code.
 */
export async function runOnce(
  connection: Connection,
  context: Context,
  { name, fork, use }: Disposable,
  argv: readonly string[],
  { long = LONG, ...options }: OnceOptions,
): Promise<number> {
  const { virsh } = connection;
  using _wanted = use;
  await using undo = undoing();
  undo.add(ending(connection, name));
  let removed = false;
  const remover = () => removed = removeLater(context, name, "once-off");
  using timer = new DisposableStack();
  const started = () => {
    // By ssh it may ask for a passphrase, and has no terminal.
    if (virsh.local) timer.adopt(setTimeout(remover, long), clearTimeout);
  };
  const how = { ...options, started };
  const code = fork
    ? await runInFork(connection, context, fork, argv, how)
    : await runBooted(connection, context, name, argv, how);
  timer.dispose();
  // Nobody's from here on: lists show it no more.
  await virsh.batch(relabel(name, { kind: "build", once: true }));
  if (removed || removeLater(context, name, "now")) undo.keep();
  return code;
}

async function runBooted(
  connection: Connection,
  context: Context,
  name: string,
  argv: readonly string[],
  options: OnceOptions,
): Promise<number> {
  await using agent = await connectToAgent(connection, name);
  if (options.online) await waitOnline(agent);
  return await execBy(agent, context, name, argv, options);
}

/** Give a fork its network, and wait for that. */
async function online(connection: Connection, fork: Fork): Promise<void> {
  await complete(connection, fork);
  await waitOnline(fork.agent);
}

/** By NetworkManager: nm-online(1). */
async function waitOnline(agent: AgentSession): Promise<void> {
  const argv = ["nm-online", "--quiet", `--timeout=${ONLINE}`];
  const how = { seconds: ONLINE + 30 };
  if ((await runProgram(agent, argv, how)).code === 0) return;
  const why = `it has no network after ${ONLINE} s`;
  throw new Failure("timeout", "cannot run the command", why);
}

async function runInFork(
  connection: Connection,
  context: Context,
  fork: Fork,
  argv: readonly string[],
  options: OnceOptions,
): Promise<number> {
  await using agent = fork.agent;
  using _turn = fork.turn;
  let over = false;
  let plugged: Promise<unknown> | undefined;
  using timer = new DisposableStack();
  const warn = (error: Error) => over || context.warn(error.message);
  // The card comes behind the command: --online is for those that need it.
  const begin = () => {
    const work = plug(connection, fork);
    plugged = work.catch(() => {});
    work.then(() => startUnits(agent, fork.units)).catch(warn);
  };
  if (options.online) await online(connection, fork);
  const started = () => {
    // It may be stopped from here on, as where it reads a terminal.
    fork.turn.dispose();
    options.started?.();
    if (options.online) return;
    timer.adopt(setTimeout(begin, shortIn(fork)), clearTimeout);
  };
  const how = { ...options, started };
  try {
    return await execBy(agent, context, fork.name, argv, how);
  } finally {
    over = true;
    timer.dispose();
    // Half done it would leave an address behind.
    await plugged;
  }
}

/**
 * Open its screen or its console. Another process fills pools meanwhile, and
 * removes it once it is off: nobody waits for that.
 */
export async function useInteractively(
  connection: Connection,
  context: Context,
  { name, graphical, fork }: Disposable,
): Promise<void> {
  const { virsh } = connection;
  await using undo = undoing();
  undo.add(ending(connection, name));
  await letGo(connection, fork);
  // By ssh it may ask for a passphrase, and has no terminal.
  const early = virsh.local && removeLater(context, name);
  if (graphical && display()) await openViewer(context.run, virsh, name);
  else await openConsole(context, virsh, name);
  const [left] = await waitUntilOff(virsh, [name], 2);
  if (!left && !early) return;
  undo.keep();
  if (!left) return;
  if (!early) removeLater(context, name);
  context.say(
    `${name} runs on; vms-console ${name} goes back, vms-stop ${name} ends it`,
  );
}

/** What a fork starts by itself goes on without us. */
export async function letGo(
  connection: Connection,
  fork: Fork | undefined,
): Promise<void> {
  if (!fork) return;
  await using _agent = fork.agent;
  await using undo = undoing();
  undo.add(ending(connection, fork.name));
  await complete(connection, fork);
  undo.keep();
}

/**
 * When a disposable is removed: at once, or when its guest has shut down. One
 * for a command that is over is not waited for.
 */
export const REMOVALS = ["now", "once-off"] as const;
export type Removal = typeof REMOVALS[number];

/** Remove it and what others left, and fill pools; nobody waits for this. */
export async function remove(
  connection: Connection,
  name: string,
  when: Removal,
): Promise<void> {
  // Once it is off nothing tells which address it had.
  const before = await patiently(() => connection.virsh.try(dump(name)));
  // Spares may take long: the VM is not kept for them.
  const filling = when === "once-off" && fill(connection);
  if (filling) await patiently(() => untilOver(connection, name));
  let ended;
  {
    // Whoever keeps it holds this lock until its layer is another VM's.
    using _held = await lock("vm", name, { wait: true });
    ended = await endDisposable(connection, name);
  }
  if (ended && before.ok) await release(connection, readCards(before.stdout));
  await sweepDisposables(connection);
  await filling;
  await fill(connection);
}

/** What is wrong with a pool is told by vms-pool, and hinders nothing here. */
async function fill(connection: Connection): Promise<void> {
  await refill(connection, () => {}).catch(() => {});
}

/** Until it is off; one for a command, until nobody wants that any more. */
async function untilOver(connection: Connection, name: string): Promise<void> {
  const [domain] = await getRunning(connection.virsh, [name]);
  if (domain?.metadata?.once) {
    using _over = await lock("use", name, { wait: true });
    return;
  }
  while (await isActive(connection, name)) {
    await new Promise((done) => setTimeout(done, LOOK));
  }
}

/** Again and again for a while: libvirtd may be started anew meanwhile. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 60;; left--) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || left === 0) throw error;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

/** The same in a process of its own. @returns false where there is none. */
export function removeLater(
  { run }: Context,
  name: string,
  when: Removal = "once-off",
): boolean {
  return run.detached(["vms-dispose", `--remove-${when}`, name]);
}

/** How it is ended, whether by this scope or by a signal. */
function ending(connection: Connection, name: string) {
  return async () => {
    using _held = await lock("vm", name, { wait: true });
    await endDisposable(connection, name);
  };
}
