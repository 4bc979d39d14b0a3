/** Baking: a version of a template is booted, and frozen when it is up. */

import { connectToAgent } from "../agent/connect.ts";
import { runProgram } from "../agent/program.ts";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory } from "../config/places.ts";
import { acceleration } from "../host/acceleration.ts";
import { nvramName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { qemuOwner } from "../libvirt/capabilities.ts";
import { prepareSaving, saveDeviceState } from "../libvirt/device_state.ts";
import { create, destroy, getDomain } from "../libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import { editMetadata } from "../libvirt/edit_metadata.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { syncPool } from "../libvirt/sync.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import { lock } from "../lock/lock.ts";
import { plainText } from "../names/plain_text.ts";
import { imageOf, type Version } from "../template/versions.ts";
import { type Undo, undoing } from "../undo/undo.ts";
import { domainOfVm } from "../vm/domain_of_vm.ts";
import { isActive } from "../vm/running.ts";
import { sweepWarm } from "./drop.ts";
import { identityOf } from "./fork.ts";
import { warmName, warmVolumes } from "./image.ts";
import { askVersions, type Frozen, keyOf } from "./key.ts";

const SETTLE = new URL("../../guest/warm/settle", import.meta.url);

/** Seconds until the system must be up and quiet; emulation is slow. */
const UP = 900;

/** What a template may let its copies start. */
const UNIT = /^[A-Za-z0-9@:._-]{1,80}\.service$/;

/**
 * Make the warm image of a version, in the place of one that is there. Why it
 * fails is kept with the version: nobody may be looking.
 *
 * @throws {Failure} where this host or the guest cannot do it.
 */
export async function bake(
  connection: Connection,
  version: Version,
): Promise<void> {
  const { virsh } = connection;
  const { name } = version;
  if (!virsh.local) {
    const why = "libvirt runs on another host";
    const hint = "the same command by ssh there";
    throw new Failure("host", `cannot freeze ${name}`, why, hint);
  }
  using _held = await lock("warm", name);
  try {
    await bakeAlone(connection, version);
  } catch (error) {
    if (error instanceof Failure) await keepFailure(virsh, name, error);
    throw error;
  }
}

/** A version that was deleted meanwhile keeps nothing. */
async function keepFailure(virsh: Virsh, name: string, failure: Failure) {
  const warmFailure = failure.message;
  const keep = (all: Metadata) => ({ ...all, warmFailure });
  await editMetadata(virsh, name, "cannot keep why", keep).catch((error) => {
    if (!(error instanceof Failure)) throw error;
  });
}

async function bakeAlone(
  connection: Connection,
  version: Version,
): Promise<void> {
  const { virsh, pool } = connection;
  const { name } = version;
  const what = `cannot freeze ${name}`;
  const image = await imageOf(connection, version);
  const { memory, vcpus } = await getDomain(virsh, name);
  const { type } = await acceleration(virsh);
  const frozen = { name, type, memory, vcpus };
  // Asked first: nothing is booted in vain.
  const key = await keyOf(virsh.run, await askVersions(virsh), frozen);
  const id = crypto.getRandomValues(new Uint8Array(4)).toHex();
  const volumes = warmVolumes(name, id);
  await using undo = undoing();
  const owner = await qemuOwner(virsh);
  for (
    const volume of [
      { name: volumes.disk, capacity: image.capacity, backing: image.path },
      { name: volumes.memory, capacity: memory, format: "raw", owner },
    ] as const
  ) {
    undo.add(() => virsh.try(pool.delete(volume.name)));
    await virsh.must(what, pool.create(volume));
  }
  const directory = image.path.slice(0, -`${name}.qcow2`.length);
  const domain = frozenDomain(frozen, {
    disk: directory + volumes.disk,
    memory: directory + volumes.memory,
  });
  await clearAway(connection, name);
  undo.add(() => clearAway(connection, name));
  await virsh.must(what, create(domainXml(domain), true));
  // Before it boots for a minute in vain.
  await prepareSaving(virsh, domain.name);
  await virsh.must(what, change(["resume", "--", domain.name]));
  const units = await settle(connection, domain.name, what)
    .catch(async (error) => {
      throw await isActive(connection, domain.name) ? error : ended(what, name);
    });
  await virsh.must(what, change(["suspend", "--", domain.name]));
  const state = await saveDeviceState(virsh, domain.name);
  await clearAway(connection, name);
  await keepState(connection, volumes.state, state, undo);
  await syncPool(pool);
  const { size: layer } = await Deno.stat(directory + volumes.disk);
  const warm = { id, key, state: state.length, layer, units };
  // From here on it is used.
  const publish = `cannot publish the warm image of ${name}`;
  await editMetadata(virsh, name, publish, (all) => ({
    ...all,
    warm,
    warmFailure: undefined,
  }));
  undo.keep();
  await sweepWarm(connection, { held: name });
}

/** It writes to a file for memory, which may find no room any more. */
function ended(what: string, version: string): Failure {
  const log = `/var/log/libvirt/qemu/${warmName(version)}.log`;
  const why = `QEMU ended: is the disk full? ${log} may say more`;
  return new Failure("failed", what, why);
}

function frozenDomain(
  { name, ...given }: Frozen,
  paths: { disk: string; memory: string },
): DomainSpec {
  const domain = domainOfVm({
    ...given,
    name: warmName(name),
    metadata: { kind: "build" },
    root: paths.disk,
  });
  return {
    ...domain,
    memoryFile: { path: paths.memory, shared: true },
    onReboot: "destroy",
  };
}

/**
 * Wait until the guest is up and quiet.
 *
 * @returns the units that its copies start.
 */
async function settle(
  connection: Connection,
  domain: string,
  what: string,
): Promise<string[]> {
  await using agent = await connectToAgent(connection, domain);
  const script = await Deno.readFile(SETTLE);
  const said = await runProgram(agent, ["bash", "-s"], {
    root: true,
    input: script,
    seconds: UP,
  });
  const text = (bytes: Uint8Array) =>
    plainText(new TextDecoder().decode(bytes)).trim();
  if (said.code !== 0) throw new Failure("failed", what, text(said.stderr));
  // What a fork goes through first is in memory then.
  const identity = identityOf("warm", crypto.randomUUID());
  await agent.call("take_identity", identity);
  await runProgram(agent, ["true"]);
  return new TextDecoder().decode(said.stdout).split("\n")
    .filter((unit) => UNIT.test(unit));
}

async function clearAway({ virsh, pool }: Connection, version: string) {
  const name = warmName(version);
  await virsh.try(destroy(name));
  await virsh.batch([pool.refresh(), pool.delete(nvramName(name))]);
}

async function keepState(
  { virsh, pool }: Connection,
  volume: string,
  state: Uint8Array,
  undo: Undo,
) {
  const path = await Deno.makeTempFile({
    dir: await runtimeDirectory(),
    prefix: "state-",
  });
  try {
    await Deno.writeFile(path, state);
    const capacity = state.length;
    undo.add(() => virsh.try(pool.delete(volume)));
    await virsh.mustAll(`cannot keep the state of ${volume}`, [
      pool.create({ name: volume, capacity, format: "raw", mode: 0o444 }),
      pool.uploadFile(volume, path),
    ]);
  } finally {
    await Deno.remove(path);
  }
}
