/** What must hold before a VM is connected anew. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Listed } from "../libvirt/domain.ts";
import { getNetwork } from "../libvirt/network.ts";
import type { Run } from "../process/run.ts";
import type { Choice } from "../network/network_choice.ts";

/**
 * Refuse what cannot be connected so.
 *
 * @throws {Failure} `conflict`, or `host` where a bridge or network is not there.
 */
export async function refuseUnconnectable(
  { virsh, config }: Connection,
  run: Run,
  { name, kind, state }: Listed,
  choice: Choice,
): Promise<void> {
  const refuse = (
    exit: Failure["exit"],
    why: string,
    hint: string,
  ) => new Failure(exit, `cannot connect "${name}"`, why, hint);
  if (kind === "template" || kind === "build") {
    throw refuse("conflict", `it is a ${kind}`, "vms-list");
  }
  if (state === "in shutdown") {
    throw refuse("conflict", "it is shutting down", `vms-stop --force ${name}`);
  }
  if (choice.kind === "nat") {
    const { network } = config.libvirt;
    if (await getNetwork(virsh, network)) return;
    const why = `the network "${network}" is not there`;
    throw refuse("host", why, "vms-doctor --repair");
  }
  if (choice.kind !== "bridge" || !virsh.local) return;
  // Deno itself lets nobody look there who may not do everything.
  const path = `/sys/class/net/${choice.bridge}/bridge`;
  const look = { changes: false, ok: [0, 1] };
  if ((await run(["stat", "-L", path], look)).code === 0) return;
  const why = `this host has no bridge "${choice.bridge}"`;
  throw refuse("host", why, "ip link show type bridge");
}
