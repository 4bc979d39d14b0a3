/** Keeping a disposable: what it wrote becomes an AppVM. */

import { Failure } from "../command/failure.ts";
import { ownFilter } from "../firewall/filter_name.ts";
import { credentialsName, directoryOf, volumeName } from "../image/names.ts";
import { copyLayer } from "../libvirt/copy_layer.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  define,
  type Domain,
  findListed,
  getDomain,
  type Listed,
  undefine,
} from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import { readCards } from "../libvirt/network_card.ts";
import { undefineFilter } from "../libvirt/nwfilter.ts";
import { syncPool } from "../libvirt/sync.ts";
import { humanSize } from "../names/values.ts";
import { type Undo, undoing } from "../undo/undo.ts";
import { release } from "../network/address.ts";
import { entrust } from "../vm/credentials.ts";
import { refuseLargerThanPool } from "../vm/disk_size.ts";
import { refuseTaken } from "../vm/free_names.ts";
import { adopt, asAppVm, refuseWhole } from "./adopt.ts";
import { dropVolumes } from "./end.ts";
import { domainOfVm } from "../vm/domain_of_vm.ts";
import { newCards } from "../network/new_card.ts";
import { forgetPasswords } from "../vm/password_store.ts";
import { stop } from "../vm/stop.ts";

/**
 * @throws {Failure} where there is nothing to keep, or the name is taken. An
 * AppVM passes: `keep` tells whether it is one that was kept by half.
 */
export function checkKeepable(
  list: readonly Listed[],
  disposable: string,
  name: string,
): void {
  const { kind, state } = findListed([...list], disposable);
  const refuse = (why: string) =>
    new Failure("conflict", `cannot keep "${disposable}"`, why, "vms-list");
  if (kind !== "disposable" && kind !== "appvm") {
    throw refuse(`it is a ${kind}`);
  }
  const off = state === "shut off" && kind === "appvm";
  if (state !== "running" && state !== "paused" && !off) {
    throw refuse(`it is ${state}`);
  }
  refuseTaken(list, [name]);
}

interface Keep {
  disposable: Domain;
  /** Of the AppVM. */
  name: string;
  what: string;
}

/**
 * Shut the disposable down cleanly and make an AppVM of its layer. The AppVM
 * has an identity of its own; at its first boot what lies in /home moves to a
 * home disk, as in every AppVM.
 *
 * Once it is told to shut down nothing of it is lost, whatever fails: called
 * again with the same names, this goes on.
 */
export async function keep(
  connection: Connection,
  disposable: string,
  name: string,
  options: { homeSize?: number; timeout: number },
): Promise<void> {
  const { virsh } = connection;
  const what = `cannot keep "${disposable}" as "${name}"`;
  const domain = await getDomain(virsh, disposable);
  const order = { disposable: domain, name, what };
  const again = domain.metadata!.kind === "appvm";
  if (again) await refuseWhole(connection, domain, what);
  await refuseLargerThanPool(connection.pool, options.homeSize);
  await refuseWithoutRoom(connection, domain.disks[0]!.path, what);
  {
    await using undo = undoing();
    const spec = await prepare(connection, order, options.homeSize, undo);
    if (!again) await adopt(connection, domain, what);
    try {
      const how = { timeout: options.timeout, force: false };
      await stop(connection, [disposable], how);
      await moveTo(connection, order, spec, undo);
    } catch (error) {
      throw stillThere(order, error);
    }
    undo.keep();
  }
  await removeEmptied(connection, domain, name);
}

/** All that the AppVM needs and can be had while the disposable runs. */
async function prepare(
  connection: Connection,
  { disposable, name, what }: Keep,
  homeSize: number | undefined,
  undo: Undo,
): Promise<ReturnType<typeof domainOfVm>> {
  const { virsh, pool, config } = connection;
  const home = volumeName(name, "home");
  const capacity = homeSize ?? config.vm.home_size;
  await virsh.must(what, pool.create({ name: home, capacity }));
  undo.add(() => virsh.try(pool.delete(home)));
  const { template, user } = disposable.metadata!;
  const entrusted = await entrust(connection, [{ name, user }], undo);
  const wanted = { template, model: disposable };
  const cards = await newCards(connection, [name], wanted, undo);
  const directory = directoryOf(disposable.disks[0]!.path);
  return domainOfVm({
    name,
    metadata: asAppVm(disposable.metadata!),
    type: disposable.type,
    memory: disposable.memory,
    vcpus: disposable.vcpus,
    root: `${directory}/${volumeName(name, "root")}`,
    home: `${directory}/${home}`,
    network: cards.get(name),
    entrusted,
  });
}

/** Copy what it wrote, and define the AppVM on the copy. */
async function moveTo(
  { virsh, pool }: Connection,
  { disposable, name, what }: Keep,
  spec: ReturnType<typeof domainOfVm>,
  undo: Undo,
): Promise<void> {
  const root = volumeName(name, "root");
  const layer = disposable.disks[0]!.path.split("/").at(-1)!;
  undo.add(() => virsh.try(pool.delete(root)));
  await copyLayer(pool, layer, { name: root });
  // What it was copied from is deleted then.
  await syncPool(pool);
  await virsh.must(what, define(domainXml(spec)));
}

/** What went wrong, and that all is where it was. */
function stillThere(
  { disposable, name, what }: Keep,
  error: unknown,
): unknown {
  if (!(error instanceof Failure)) return error;
  const why = error.what === what ? error.why : error.message;
  return new Failure(
    error.exit,
    what,
    `${why}; what it wrote is not lost: "${disposable.name}" is an AppVM now`,
    `vms-keep ${disposable.name} ${name}`,
  );
}

/** The AppVM has all of it. */
async function removeEmptied(
  connection: Connection,
  { name, xml }: Domain,
  heir: string,
): Promise<void> {
  const { virsh, pool } = connection;
  const what = `cannot forget "${name}", which is "${heir}" now`;
  await virsh.must(what, undefine(name));
  await release(connection, readCards(xml));
  await virsh.batch([
    ...dropVolumes(pool, name),
    pool.delete(credentialsName(name)),
    undefineFilter(ownFilter(name)),
  ]);
  await forgetPasswords(connection, [name]);
}

/** Known before the disposable is shut down for it. */
async function refuseWithoutRoom(
  { pool }: Connection,
  path: string,
  what: string,
): Promise<void> {
  const { allocation } = await pool.volume(path);
  const { available } = await pool.space();
  if (allocation < available) return;
  const why = `it takes ${humanSize(allocation)}, and ${
    humanSize(available)
  } are free`;
  throw new Failure("failed", what, why, "vms-doctor");
}
