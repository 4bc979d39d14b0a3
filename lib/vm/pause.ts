/** Pausing VMs and letting them run on. A paused VM keeps its memory and uses no CPU. */

import type { Connection } from "../libvirt/connection.ts";
import { listDomains, type State } from "../libvirt/domain.ts";
import { change } from "../libvirt/virsh.ts";
import { inState } from "./running.ts";

/** Pause those that run. @throws {Failure} `conflict` where one is off. */
export function pause(connection: Connection, names: string[]): Promise<void> {
  return turn(connection, names, "pause", "suspend", "running");
}

/** Let those that are paused run on. @throws {Failure} the same. */
export function resume(connection: Connection, names: string[]): Promise<void> {
  return turn(connection, names, "resume", "resume", "paused");
}

async function turn(
  { virsh }: Connection,
  names: string[],
  verb: string,
  call: string,
  from: State,
): Promise<void> {
  const found = inState(await listDomains(virsh), names, {
    verb,
    states: ["running", "paused"],
    hint: "vms-start",
  });
  const todo = found.filter(({ state }) => state === from);
  await virsh.mustAll(
    `cannot ${verb}`,
    todo.map(({ name }) => change([call, "--", name])),
  );
}
