/**
 * The ports that the agent serves: virtio-serial ports of the VM, each a unix
 * socket on the host. A port has one user at a time, so a VM has several.
 */

import { Failure } from "../command/failure.ts";
import { AGENT_PORTS, agentSocket } from "../config/places.ts";
import { type Lock, tryLock } from "../lock/lock.ts";

export interface Port extends Disposable {
  number: number;
  socket: Deno.UnixConn;
}

/**
 * Take a port that nobody uses and connect to it.
 *
 * @returns undefined where the VM has none: it is off, or has no agent.
 * @throws {Failure} `conflict` where all are in use, `host` without permission.
 */
export async function takePort(name: string): Promise<Port | undefined> {
  for (let number = 0; number < AGENT_PORTS; number++) {
    const held = await tryLock("agent", `${name}.${number}`);
    if (!held) continue;
    const socket = await connect(name, number, held);
    return socket && {
      number,
      socket,
      [Symbol.dispose]() {
        // Streams close a socket by themselves when its other end has gone.
        try {
          socket.close();
        } catch (error) {
          if (!(error instanceof Deno.errors.BadResource)) throw error;
        }
        held[Symbol.dispose]();
      },
    };
  }
  throw new Failure(
    "conflict",
    `cannot reach the agent of "${name}"`,
    `all of its ${AGENT_PORTS} ports are in use`,
    "end a vms-shell or vms-exec of that VM",
  );
}

async function connect(
  name: string,
  number: number,
  held: Lock,
): Promise<Deno.UnixConn | undefined> {
  const path = agentSocket(name, number);
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    held[Symbol.dispose]();
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.ConnectionRefused) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new Failure(
      "host",
      `cannot reach the agent of "${name}"`,
      `${path} cannot be opened: who may is the group libvirt`,
      "vms-doctor --repair",
    );
  }
}
