/** Starting VMs. */

import { Failure } from "../command/failure.ts";
import { lockBase } from "../image/base_lock.ts";
import { firstGone } from "../image/gone.ts";
import { volumeName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { create, destroy, getDomain, type Listed } from "../libvirt/domain.ts";
import type { Share } from "../libvirt/domain_xml.ts";
import { withShares } from "../libvirt/edit_xml.ts";
import { readCards } from "../libvirt/network_card.ts";
import { readMemoryFile } from "../libvirt/memory_file.ts";
import { type Answer, change, look, type Virsh } from "../libvirt/virsh.ts";
import { NAME } from "../names/names.ts";
import { activate } from "../network/address.ts";
import { renewAtStart } from "../network/names_at_start.ts";
import { dropVolumes } from "../disposable/end.ts";
import { refuseSaved } from "./managed_save.ts";
import { imageOf, mustFindVersion } from "../template/versions.ts";

/**
 * Refuse what cannot be started; true where there is something to do.
 *
 * @throws {Failure} `conflict`.
 */
export function startable({ name, kind, state }: Listed): boolean {
  const refuse = (why: string, hint: string) =>
    new Failure("conflict", `cannot start "${name}"`, why, hint);
  if (kind === "template") {
    throw refuse("it is a version of a template", `vms-clone ${name} NAME`);
  }
  // Its lock is ours: whoever forked it was killed.
  if (kind === "build" && NAME.test(name)) return true;
  if (kind === "build") throw refuse("it is being built", "vms-list");
  if (state === "paused") throw refuse("it is paused", `vms-resume ${name}`);
  if (state === "in shutdown") {
    throw refuse("it is shutting down", `vms-stop --force ${name}`);
  }
  return state !== "running";
}

/**
 * Start a VM that is off, for this one time with the shares given. A named disposable starts on a fresh layer of the
 * newest version of its template, so nothing of the last time is there.
 */
export async function start(
  connection: Connection,
  list: readonly Listed[],
  name: string,
  shares: Share[] = [],
  warn?: (line: string) => void,
): Promise<void> {
  const { virsh, pool } = connection;
  const { kind, template } = list.find((one) => one.name === name)!;
  if (kind === "build") await virsh.try(destroy(name));
  await renewAtStart(connection, list, { name, template }, { warn });
  const { xml } = await getDomain(virsh, name, true);
  for (const card of readCards(xml)) await activate(connection, card);
  if (kind === "disposable") {
    await freshLayer(connection, list, name, template!);
  } else if (shares.length > 0) {
    // `virsh create` knows nothing of it.
    await refuseSaved(virsh, name, `cannot start "${name}" with shares`);
  }
  // What virsh saved of the last time would go on, on a layer it does not know.
  const fresh = kind === "disposable" ? ["--force-boot"] : [];
  const answer = shares.length > 0
    ? await startWithShares(connection, name, shares)
    : await virsh.try(change(["start", ...fresh, "--", name]));
  if (answer.ok) return;
  const failure = await explained(connection, name, answer.error);
  // Not before: its own layer would be what is gone.
  if (kind === "disposable") await virsh.batch(dropVolumes(pool, name));
  throw failure;
}

/** The domain as it is kept has no shares: they cost memory density. */
async function startWithShares(
  { virsh }: Connection,
  name: string,
  shares: Share[],
): Promise<Answer> {
  const { xml } = await getDomain(virsh, name, true);
  return await virsh.try(
    create(withShares(xml, shares, { "vms.cache": "yes" })),
  );
}

async function freshLayer(
  connection: Connection,
  list: readonly Listed[],
  name: string,
  template: string,
) {
  const { virsh, pool } = connection;
  const version = mustFindVersion(list, template.split("@")[0]!);
  const { path, capacity } = await imageOf(connection, version);
  using _held = await lockBase(path);
  const layer = volumeName(name, "root");
  // What a crash left is never started again.
  await virsh.batch(dropVolumes(pool, name));
  await virsh.must(
    `cannot make the layer of "${name}"`,
    pool.create({ name: layer, capacity, backing: path }),
  );
}

/** Why a VM does not start, where its images are the reason. */
async function explained(
  { virsh, pool }: Connection,
  name: string,
  error: string,
): Promise<Failure> {
  const what = `cannot start "${name}"`;
  const [domain, volumes] = await Promise.all([
    getDomain(virsh, name, true),
    pool.volumes(),
  ]);
  const paths = domain.disks.map(({ path }) => path);
  const missing = await firstGone(virsh, volumes, paths);
  if (missing) {
    const why = `an image it rests on is gone: ${missing}`;
    return new Failure("failed", what, why, "vms-doctor");
  }
  const memory = await savedMemory(virsh, name);
  if (memory && !await isThere(memory)) {
    const why =
      `virsh saved it while it was a fork, and what it was forked from is gone: ${memory}`;
    return new Failure(
      "failed",
      what,
      `${why}; its disks are whole`,
      `virsh managedsave-remove ${name}`,
    );
  }
  return new Failure("failed", what, error, "vms-doctor");
}

/** The memory file of what virsh saved of it; undefined for all others. */
async function savedMemory(virsh: Virsh, name: string) {
  const saved = await virsh.try(look("managedsave-dumpxml", "--", name));
  return saved.ok ? readMemoryFile(saved.stdout)?.path : undefined;
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
