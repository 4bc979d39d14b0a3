/** Stopping VMs. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  destroy,
  listDomains,
  type Listed,
} from "../libvirt/domain.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import { dropVolumes } from "./disposable_end.ts";

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
  let left = await waitUntilOff(virsh, names, 0);
  for (;;) {
    const rest = (end - performance.now()) / 1000;
    if (left.length === 0 || rest <= 0) return left;
    const modes = ["--mode", "agent,acpi"];
    await virsh.batch(
      left.map((name) => change(["shutdown", "--domain", name, ...modes])),
    );
    left = await waitUntilOff(virsh, left, Math.min(rest, AGAIN));
  }
}

async function pausedOf(virsh: Virsh, names: string[]): Promise<string[]> {
  const list = await listDomains(virsh);
  return list.filter(({ name, state }) =>
    names.includes(name) && state === "paused"
  ).map(({ name }) => name);
}

/** Names of those that are not off after that many seconds. */
export async function waitUntilOff(
  virsh: Virsh,
  names: string[],
  seconds: number,
): Promise<string[]> {
  const end = performance.now() + seconds * 1000;
  while (true) {
    const list = await listDomains(virsh);
    const left = list.filter(({ name, state }) =>
      names.includes(name) && active(state)
    ).map(({ name }) => name);
    if (left.length === 0 || performance.now() >= end) return left;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** Delete the layers of disposables that are off. */
export async function dropLayers(
  { virsh, pool }: Connection,
  stopped: readonly Listed[],
): Promise<void> {
  const disposables = stopped.filter(({ kind }) => kind === "disposable");
  await virsh.batch(disposables.flatMap(({ name }) => dropVolumes(pool, name)));
}
