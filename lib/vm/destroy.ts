/** Destroying VMs: domain, disks, NVRAM, address, rules and password. */

import { Failure } from "../command/failure.ts";
import { ownFilter } from "../firewall/filter_name.ts";
import { dependents, ownedBy, topFirst } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  destroy,
  dump,
  findListed,
  type Listed,
  undefine,
} from "../libvirt/domain.ts";
import { readCards } from "../libvirt/network_card.ts";
import { undefineFilter } from "../libvirt/nwfilter.ts";
import type { Volume } from "../libvirt/volume.ts";
import { release } from "../network/address.ts";
import { forgetPasswords } from "./password_store.ts";

/**
 * Check that all of them may go.
 *
 * @throws {Failure} `conflict`, for one that others rest on or that runs.
 */
export function checkDestroyable(
  list: readonly Listed[],
  volumes: readonly Volume[],
  names: string[],
  { force }: { force: boolean },
): void {
  for (const name of names) {
    const listed = findListed([...list], name);
    const refuse = (why: string, hint: string) => {
      throw new Failure("conflict", `cannot destroy "${name}"`, why, hint);
    };
    if (listed.kind === "template") {
      refuse("it is a version of a template", "vms-template prune");
    }
    if (active(listed.state) && listed.kind !== "disposable" && !force) {
      refuse(`it is ${listed.state}`, `vms-stop ${name}`);
    }
    const others = dependents(volumes, name).filter((one) =>
      !names.includes(one)
    );
    if (others.length > 0) {
      refuse(`${others.join(", ")} rest on its disks`, "vms-list");
    }
  }
}

/** Destroy them; what was checked before. */
export async function destroyVms(
  connection: Connection,
  list: readonly Listed[],
  names: string[],
): Promise<void> {
  const { virsh, pool } = connection;
  const runs = list.filter(({ name, state }) =>
    names.includes(name) && active(state)
  );
  const cards = (await virsh.batch(names.map((name) => dump(name))))
    .flatMap(({ ok, stdout }) => ok ? readCards(stdout) : []);
  await virsh.batch(runs.map(({ name }) => destroy(name)));
  // A domain that was not kept is gone already.
  const answers = await virsh.batch(names.map(undefine));
  answers.forEach(({ ok, error }, i) => {
    if (ok || /failed to get domain|no domain with/i.test(error)) return;
    throw new Failure("failed", `cannot destroy "${names[i]}"`, error);
  });
  // Those that have no rules of their own have no filter.
  await virsh.batch(names.map((name) => undefineFilter(ownFilter(name))));
  await release(connection, cards);
  // QEMU made the NVRAM: libvirt does not know it yet.
  await virsh.try(pool.refresh());
  const volumes = await pool.volumes();
  const own = topFirst(names.flatMap((name) => ownedBy(volumes, name)));
  await virsh.mustAll(
    `cannot delete the disks of ${names.join(", ")}`,
    own.map((volume) => pool.delete(volume.name)),
  );
  await forgetPasswords(connection, names);
}
