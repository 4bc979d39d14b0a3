/**
 * Forking: a new guest goes on from where a warm image was frozen. Its memory
 * is a private, copy-on-write view of the image's; its disk a layer.
 */

import { meetAgent } from "../agent/connect.ts";
import type { AgentSession } from "../agent/session.ts";
import { startUnits } from "../agent/unit.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { loadDeviceState } from "../libvirt/device_state.ts";
import { create, destroy, relabel } from "../libvirt/domain.ts";
import {
  type Disk,
  disk,
  type DomainSpec,
  domainXml,
} from "../libvirt/domain_xml.ts";
import { cardXml, type NetworkCard } from "../libvirt/network_card.ts";
import { type Call, change, XML_FILE } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";
import { activate, release } from "../network/address.ts";
import { newMac } from "../network/mac.ts";
import type { WarmImage } from "./image.ts";

/** A fork that is somebody, and has been given nothing to do yet. */
interface Awake {
  agent: AgentSession;
  /** Milliseconds that it took to wake: how quick it is. */
  waking: number;
}

/** A fork that runs, and what it is still to get. */
export interface Fork extends Awake {
  name: string;
  /** Its turn: until it has been given its command, or what it still lacks. */
  turn: DisposableStack;
  /** Asked for last: who runs one command seldom waits for a network. */
  card: () => Promise<NetworkCard | undefined>;
  /** Disks beside the one it was forked on. */
  disks: Disk[];
  /** What is done in it before its units start. */
  prepare?: (agent: AgentSession) => Promise<void>;
  units: string[];
}

/** Seconds in which a fork must answer: it has booted long ago. */
const ANSWER = 20;

/** Milliseconds after which the time that a fork was told is too old. */
const LATE = 1000;

/**
 * The domain while it is a fork: what was not there when the image was frozen
 * is plugged in later.
 */
function forkDomain(image: WarmImage, vm: DomainSpec): DomainSpec {
  return {
    ...vm,
    // Until it is somebody nobody may use it, and whoever finds it ends it.
    metadata: { ...vm.metadata, kind: "build", fork: image.id },
    disks: vm.disks.slice(0, 1),
    network: undefined,
    memoryFile: {
      path: image.memory,
      shared: false,
      readonly: image.readonly,
    },
  };
}

/**
 * Make a fork that is paused and has never run. Its disk is there already.
 *
 * @throws {Failure} where it cannot be forked; nothing of it is left then.
 */
export async function forkPaused(
  { virsh }: Connection,
  image: WarmImage,
  vm: DomainSpec,
): Promise<void> {
  const state = await readState(image);
  await using undo = undoing();
  undo.add(() => virsh.try(destroy(vm.name)));
  const xml = domainXml(forkDomain(image, vm));
  // By the session: a process of its own is slow.
  await virsh.mustAll(`cannot fork ${image.version}`, [create(xml, true)]);
  await loadDeviceState(virsh, vm.name, state);
  undo.keep();
}

/**
 * All files must be as long as they were: QEMU would fill up a memory that is
 * shorter, and read zeros where a disk has been cut.
 */
export async function readState(image: WarmImage): Promise<Uint8Array> {
  const { version, memory, disk, size, stateFile, state, layer } = image;
  try {
    const [bytes, ...found] = await Promise.all([
      Deno.readFile(stateFile),
      Deno.stat(memory),
      Deno.stat(disk),
    ]);
    const sizes = [bytes.length, ...found.map((file) => file.size)];
    if (`${sizes}` === `${[state, size, layer]}`) return bytes;
  } catch {
    // Gone, or not to be read: it is booted then.
  }
  throw new Failure(
    "failed",
    `cannot fork ${version}`,
    "its warm image is not whole",
    `vms-warm bake ${version}`,
  );
}

/**
 * Let a paused fork run, as somebody of its own: entropy, clock, machine ID and
 * host name, before it is given anything to do.
 *
 * @returns a session with its agent, to be disposed of.
 */
export async function wake(
  { virsh }: Connection,
  vm: Pick<DomainSpec, "name" | "uuid" | "metadata">,
): Promise<Awake> {
  const began = performance.now();
  const what = `cannot wake "${vm.name}"`;
  await virsh.mustAll(what, [change(["resume", "--", vm.name])]);
  const identity = identityOf(vm.name, vm.uuid);
  const agent = await meetAgent(vm.name, ANSWER, "take_identity", identity);
  try {
    if (performance.now() - began > LATE) {
      // It has the time of when it was asked.
      await agent.call("take_identity", identityOf(vm.name, vm.uuid));
    }
    await virsh.mustAll(what, relabel(vm.name, vm.metadata));
    return { agent, waking: performance.now() - began };
  } catch (error) {
    await agent[Symbol.asyncDispose]();
    throw error;
  }
}

/** What `take_identity` is given: guest/agent/identity.ts. */
export function identityOf(hostname: string, uuid: string): object {
  return {
    hostname,
    machine_id: uuid.replaceAll("-", ""),
    entropy: crypto.getRandomValues(new Uint8Array(64)).toBase64(),
    time_ms: Date.now(),
  };
}

/**
 * Give a fork what the frozen guest did not have, and start what was stopped to
 * freeze it: network, logins.
 */
export async function complete(
  connection: Connection,
  fork: Fork,
): Promise<void> {
  await plug(connection, fork);
  await fork.prepare?.(fork.agent);
  await startUnits(fork.agent, fork.units);
}

/** The part of it that is the host's. */
export async function plug(
  connection: Connection,
  { name, turn, card, disks }: Fork,
): Promise<void> {
  turn.dispose();
  const plugged = await card();
  const network = plugged && { ...plugged, mac: plugged.mac ?? newMac() };
  await using undo = undoing();
  if (network) undo.add(() => release(connection, [network]));
  await activate(connection, network);
  const calls = plugs(name, disks, network);
  await connection.virsh.mustAll(`cannot complete "${name}"`, calls);
  // The domain has the card: whoever ends it gives the address back.
  undo.keep();
}

function plugs(
  name: string,
  disks: readonly Disk[],
  network: NetworkCard | undefined,
): Call[] {
  const attach = (xml: string) =>
    change(["attach-device", "--live", "--", name, XML_FILE], xml);
  return [
    ...disks.map((one, i) => attach(disk(one, i + 1).text)),
    ...(network ? [attach(cardXml(network).text)] : []),
  ];
}
