/** Keeping a disposable: what it wrote becomes an AppVM. */

import { Failure } from "../command/failure.ts";
import { ownFilter } from "../firewall/filter_name.ts";
import { credentialsName, directoryOf, volumeName } from "../image/names.ts";
import { copyLayer } from "../libvirt/copy_layer.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  define,
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
import { undoing } from "../undo/undo.ts";
import { release } from "../network/address.ts";
import { entrust } from "../vm/credentials.ts";
import { refuseTaken } from "../vm/free_names.ts";
import { dropVolumes } from "./end.ts";
import { domainOfVm } from "../vm/domain_of_vm.ts";
import { newCards } from "../network/new_card.ts";
import { forgetPasswords } from "../vm/password_store.ts";
import { stop } from "../vm/stop.ts";

/** @throws {Failure} where there is nothing to keep, or the name is taken. */
export function checkKeepable(
  list: readonly Listed[],
  disposable: string,
  name: string,
): void {
  const { kind, state } = findListed([...list], disposable);
  const refuse = (why: string) =>
    new Failure("conflict", `cannot keep "${disposable}"`, why, "vms-list");
  if (kind !== "disposable") throw refuse(`it is a ${kind} already`);
  if (state !== "running" && state !== "paused") throw refuse(`it is ${state}`);
  refuseTaken(list, [name]);
}

/**
 * Shut the disposable down cleanly and make an AppVM of its layer. The AppVM
 * has an identity of its own; at its first boot what lies in /home moves to a
 * home disk, as in every AppVM.
 */
export async function keep(
  connection: Connection,
  disposable: string,
  name: string,
  options: { homeSize?: number; timeout: number },
): Promise<void> {
  const { virsh, pool, config } = connection;
  const domain = await getDomain(virsh, disposable);
  const { path } = domain.disks[0]!;
  const what = `cannot keep "${disposable}" as "${name}"`;
  await refuseWithoutRoom(connection, path, what);
  await stop(connection, [disposable], {
    timeout: options.timeout,
    force: false,
  });
  await using undo = undoing();
  const root = volumeName(name, "root");
  const home = volumeName(name, "home");
  const layer = path.split("/").at(-1)!;
  undo.add(() => virsh.batch([pool.delete(root), pool.delete(home)]));
  await copyLayer(pool, layer, { name: root });
  const homeSize = options.homeSize ?? config.vm.home_size;
  await virsh.must(what, pool.create({ name: home, capacity: homeSize }));
  const directory = directoryOf(path);
  const { user } = domain.metadata!;
  const entrusted = await entrust(connection, [{ name, user }], undo);
  const { template } = domain.metadata!;
  const wanted = { template, model: domain };
  const cards = await newCards(connection, [name], wanted, undo);
  const spec = domainOfVm({
    name,
    metadata: {
      ...domain.metadata!,
      kind: "appvm",
      fork: undefined,
      once: undefined,
    },
    type: domain.type,
    memory: domain.memory,
    vcpus: domain.vcpus,
    root: `${directory}/${root}`,
    home: `${directory}/${home}`,
    network: cards.get(name),
    entrusted,
  });
  // What it was copied from is deleted then.
  await syncPool(pool);
  await virsh.must(what, define(domainXml(spec)));
  undo.keep();
  // A named one has a domain that stays when it stops.
  await virsh.try(undefine(disposable));
  await release(connection, readCards(domain.xml));
  await virsh.batch([
    ...dropVolumes(pool, disposable),
    pool.delete(credentialsName(disposable)),
    undefineFilter(ownFilter(disposable)),
  ]);
  await forgetPasswords(connection, [disposable]);
}

/** Once it is stopped its layer is nobody's, and swept. */
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
