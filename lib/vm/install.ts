/** An AppVM that rests on no template: installed from the ISO. */

import type { Context } from "../command/context.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { type BootableIso, install } from "../install/installation.ts";
import { NO_WAY_ON, withKeptDisk } from "../install/kept_disk.ts";
import { refuseUnknownNetwork } from "../install/known_network.ts";
import { noteUnkept, removeNote, unwanted } from "../install/left_over.ts";
import { TargetDisk } from "../install/target_disk.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define, destroy } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import { lastOf, lineage } from "../recipe/recipe.ts";
import { type Undo, undoing } from "../undo/undo.ts";
import { entrust } from "./credentials.ts";
import { refuseLargerThanPool } from "./disk_size.ts";
import { domainOfVm } from "./domain_of_vm.ts";
import { newCards } from "../network/new_card.ts";

export interface InstallVmOptions {
  recipe: string;
  iso: () => Promise<BootableIso>;
  cache: () => Promise<{ shared: string; own: string }>;
  /** Bytes. */
  disk?: number;
  memory?: number;
  vcpus?: number;
  user?: string;
  timezone?: string;
  locale?: string;
  keymap?: string;
  network?: string;
  keep: boolean;
  from?: string;
  /** Seconds. */
  silence?: number;
}

const DISK = 20 * 2 ** 30;

/**
 * Install and define it; it is off then. The caller holds the locks of a VM
 * and of a template of that name, so that nothing of it runs.
 *
 * @param installing another installation, in tests.
 */
export async function installVm(
  connection: Connection,
  context: Context,
  name: string,
  options: InstallVmOptions,
  installing = install,
): Promise<void> {
  const { virsh, pool } = connection;
  const plan = await planInstall(connection, name, options);
  const left = options.from === undefined
    ? await unwanted(connection, name, options)
    : [];
  if (context.dryRun) {
    const names = plan.recipes.map((one) => one.name).join(" and ");
    return context.say(`would install ${names} as "${name}"`);
  }
  // Its command was killed: its disk must not be written to any longer.
  await virsh.try(destroy(`${name}@build`));
  if (left.length > 0) context.say(`deleting what is left: ${left.join(", ")}`);
  await virsh.batch(left.map((one) => pool.delete(one)));
  await using undo = undoing();
  undo.add(() => removeNote(name));
  await (options.keep ? removeNote(name) : noteUnkept(name));
  await installing(virsh, context, {
    ...plan,
    domain: `${name}@build`,
    onParent: false,
    iso: await options.iso(),
    cache: await options.cache(),
    from: options.from,
    keep: options.keep,
    silence: options.silence,
  });
  if (!options.keep) undo.add(() => plan.disk.delete([]));
  try {
    await defineInstalled(connection, name, plan, undo);
  } catch (error) {
    throw options.keep ? withKeptDisk(error, plan.disk.path, NO_WAY_ON) : error;
  }
  undo.keep();
  await removeNote(name);
}

/** What is known of it before anything is made. */
async function planInstall(
  { virsh, pool, config }: Connection,
  name: string,
  options: InstallVmOptions,
) {
  const recipes = await lineage(options.recipe);
  const capacity = options.disk ?? lastOf(recipes, (one) => one.disk) ?? DISK;
  await refuseLargerThanPool(pool, capacity);
  const network = options.network ?? config.libvirt.network;
  await refuseUnknownNetwork(virsh, network);
  const directory = await pool.directory();
  const user = options.user ?? lastOf(recipes, (one) => one.user) ??
    config.guest.user;
  const { timezone, locale, keymap } = { ...config.guest, ...given(options) };
  return {
    recipes,
    disk: new TargetDisk(virsh, pool, directory, { name, capacity }),
    settings: { user, timezone, locale, keymap },
    memory: options.memory ?? lastOf(recipes, (one) => one.memory) ??
      config.vm.memory,
    vcpus: options.vcpus ?? lastOf(recipes, (one) => one.vcpus) ??
      config.vm.vcpus,
    network,
  };
}

type InstallPlan = Awaited<ReturnType<typeof planInstall>>;

/** The VM on the disk that was installed, with its credentials. */
async function defineInstalled(
  connection: Connection,
  name: string,
  { recipes, disk, settings: { user }, memory, vcpus, network }: InstallPlan,
  undo: Undo,
): Promise<void> {
  const { virsh } = connection;
  const entrusted = await entrust(connection, [{ name, user }], undo);
  const type = await chooseAcceleration(virsh, () => {});
  const wanted = { word: network };
  const cards = await newCards(connection, [name], wanted, undo);
  const graphical = recipes.some((one) => one.launch !== undefined);
  const vm = domainOfVm({
    name,
    metadata: {
      kind: "appvm",
      user,
      graphical,
      spice: lastOf(recipes, (one) => one.spice),
    },
    type,
    memory,
    vcpus,
    root: disk.path,
    network: cards.get(name),
    entrusted,
  });
  await virsh.must(`cannot define "${name}"`, define(domainXml(vm)));
}

/** Options that were not given overrule nothing. */
function given(options: InstallVmOptions): Partial<InstallVmOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}
