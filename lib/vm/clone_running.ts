/** Clones that run at once: forked from a warm image, or else booted. */

import { runProgram } from "../agent/program.ts";
import type { AgentSession } from "../agent/session.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { acceleration } from "../host/acceleration.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  destroy,
  getDomain,
  listDomains,
  type Listed,
  relabel,
} from "../libvirt/domain.ts";
import type { DomainSpec } from "../libvirt/domain_xml.ts";
import { plainText } from "../names/plain_text.ts";
import { findVersion } from "../template/versions.ts";
import { findWarm, whyCold } from "../warm/find.ts";
import { complete, forkPaused, readState, wake } from "../warm/fork.ts";
import { takeTurn } from "../warm/turn.ts";
import type { WarmImage } from "../warm/image.ts";
import { undoing } from "../undo/undo.ts";
import { clone, type CloneOptions } from "./clone.ts";
import { start } from "./start.ts";

const APPVM = new URL("../../guest/warm/appvm", import.meta.url);

/** Seconds to make and mount a home. */
const HOME = 300;

/**
 * Make VMs and start them. Those that are forked boot from their own layer at
 * their next start, like any AppVM.
 */
export async function cloneRunning(
  connection: Connection,
  context: Pick<Context, "say" | "warn">,
  list: readonly Listed[],
  source: string,
  names: string[],
  options: CloneOptions & { cold?: boolean },
): Promise<void> {
  const warm = await warmOf(connection, list, source, options);
  const made = await clone(connection, context, list, source, names, {
    ...options,
    warm,
  });
  for (const vm of made) {
    if (warm && await forked(connection, warm, vm)) continue;
    const now = await listDomains(connection.virsh);
    await start(connection, now, vm.name, [], context.warn);
  }
}

async function warmOf(
  connection: Connection,
  list: readonly Listed[],
  source: string,
  options: CloneOptions & { cold?: boolean },
): Promise<WarmImage | undefined> {
  const version = findVersion(list, source);
  // A named disposable is made anew at each start, by vms-start.
  if (!version || options.disposable || options.disk !== undefined) return;
  const template = await getDomain(connection.virsh, version.name);
  const { type } = await acceleration(connection.virsh);
  const image = await findWarm(connection, template, { ...options, type });
  if (typeof image === "string") {
    return whyCold(connection, version.name, image);
  }
  try {
    await readState(image);
    return image;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return whyCold(connection, version.name, error.message);
  }
}

/** False where it must be booted; nothing runs then. */
async function forked(
  connection: Connection,
  image: WarmImage,
  vm: DomainSpec,
): Promise<boolean> {
  const { name } = vm;
  const metadata = { ...vm.metadata, fork: image.id };
  const unready = { ...metadata, kind: "build" } as const;
  await using undo = undoing();
  undo.add(() => connection.virsh.try(destroy(name)));
  using turn = await takeTurn();
  try {
    await forkPaused(connection, image, vm);
    const awake = await wake(connection, { ...vm, metadata: unready });
    await using _agent = awake.agent;
    await complete(connection, {
      ...awake,
      name,
      turn,
      card: () => Promise.resolve(vm.network),
      disks: vm.disks.slice(1),
      prepare: (agent) => becomeAppVm(agent, vm),
      units: image.units,
    });
    const what = `cannot start "${name}"`;
    await connection.virsh.mustAll(what, relabel(name, metadata));
    undo.keep();
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    whyCold(connection, image.version, error.message);
    return false;
  }
}

async function becomeAppVm(
  agent: AgentSession,
  { name, credentialsFile }: DomainSpec,
): Promise<void> {
  const input = await Deno.readFile(APPVM);
  const environment = { VMS_ENTRUSTED: credentialsFile ? "yes" : "no" };
  const how = { root: true, input, environment, seconds: HOME };
  const { code, stderr } = await runProgram(agent, ["bash", "-s"], how);
  if (code === 0) return;
  const why = plainText(new TextDecoder().decode(stderr)).trim();
  throw new Failure("failed", `cannot make "${name}" an AppVM`, why);
}
