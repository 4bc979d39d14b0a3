/** Stopping VMs. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active, destroy, listDomains } from "../libvirt/domain.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import { tryLock } from "../lock/lock.ts";
import { dropVolumes } from "../disposable/end.ts";

export interface StopOptions {
  /** Seconds for a clean shutdown. */
  timeout: number;
  /** Cut the power of those that have not shut down by then. */
  force: boolean;
}

/** Seconds after which a guest is asked again: one that boots does not hear. */
const AGAIN = 15;

/**
 * Shut VMs down, all at the same time.
 *
 * @throws {Failure} `timeout`, naming those that still run.
 */
export async function stop(
  connection: Connection,
  names: string[],
  { timeout, force }: StopOptions,
): Promise<void> {
  const { virsh } = connection;
  const paused = await pausedOf(virsh, names);
  // A paused guest cannot shut down.
  await virsh.batch(paused.map((name) => change(["resume", "--", name])));
  let left = await shutDown(virsh, names, timeout);
  if (left.length > 0 && force) {
    await virsh.batch(left.map(destroy));
    left = await waitUntilOff(virsh, left, 30);
  }
  if (left.length === 0) return;
  throw new Failure(
    "timeout",
    `cannot stop ${left.map((name) => `"${name}"`).join(", ")}`,
    `still running after ${timeout} s`,
    `vms-stop --force ${left.join(" ")}`,
  );
}

/** Ask them until they are off; hand back the names of those that are not. */
async function shutDown(
  virsh: Virsh,
  names: string[],
  seconds: number,
): Promise<string[]> {
  const end = performance.now() + seconds * 1000;
  let left = await activeOf(virsh, names);
  for (;;) {
    const rest = (end - performance.now()) / 1000;
    if (left.length === 0 || rest <= 0) return left;
    left = await shutDownOnce(virsh, left, Math.min(rest, AGAIN));
  }
}

/**
 * libvirt waits up to a minute for what a guest's agent does: so a virsh each,
 * and none longer than wanted.
 */
async function shutDownOnce(
  virsh: Virsh,
  names: string[],
  seconds: number,
): Promise<string[]> {
  const enough = new AbortController();
  const asked = names.map((name) => {
    const words = ["shutdown", "--domain", name, "--mode", "agent,acpi"];
    return virsh.try(change(words), enough.signal);
  });
  try {
    return await waitUntilOff(virsh, names, seconds);
  } finally {
    enough.abort();
    await Promise.all(asked);
  }
}

async function pausedOf(virsh: Virsh, names: string[]): Promise<string[]> {
  const list = await listDomains(virsh);
  return list.filter(({ name, state }) =>
    names.includes(name) && state === "paused"
  ).map(({ name }) => name);
}

async function activeOf(virsh: Virsh, names: string[]): Promise<string[]> {
  const list = await listDomains(virsh);
  return list.filter(({ name, state }) => names.includes(name) && active(state))
    .map(({ name }) => name);
}

/**
 * Names of those that are not off after that many seconds; none in a dry run,
 * where nobody has told them to stop.
 */
export async function waitUntilOff(
  virsh: Virsh,
  names: string[],
  seconds: number,
): Promise<string[]> {
  if (virsh.dryRun) return [];
  const end = performance.now() + seconds * 1000;
  while (true) {
    const left = await activeOf(virsh, names);
    if (left.length === 0 || performance.now() >= end) return left;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** Delete the layers of those that are disposables and off. */
export async function dropLayers(
  { virsh, pool }: Connection,
  names: readonly string[],
): Promise<void> {
  for (const name of await disposables(virsh, names)) {
    using held = await tryLock("vm", name);
    // Somebody has started it since, or drops its layer.
    if (!held || (await disposables(virsh, [name])).length === 0) continue;
    await virsh.batch(dropVolumes(pool, name));
  }
}

async function disposables(virsh: Virsh, names: readonly string[]) {
  const list = await listDomains(virsh);
  return list.filter(({ name, kind, state }) =>
    names.includes(name) && kind === "disposable" &&
    (virsh.dryRun || !active(state))
  ).map(({ name }) => name);
}
