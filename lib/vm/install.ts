/** An AppVM that rests on no template: installed from the ISO. */

import type { Context } from "../command/context.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { type BootableIso, install } from "../install/installation.ts";
import { TargetDisk } from "../install/target_disk.ts";
import type { Connection } from "../libvirt/connection.ts";
import { define } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import { lastOf, lineage } from "../recipe/recipe.ts";
import { undoing } from "../undo/undo.ts";
import { entrust } from "./credentials.ts";
import { refuseLargerThanPool } from "./disk_size.ts";
import { domainOfVm } from "./domain_of_vm.ts";
import { cardFor } from "../network/network.ts";

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

/** Install and define it; it is off then. */
export async function installVm(
  connection: Connection,
  context: Context,
  name: string,
  options: InstallVmOptions,
): Promise<void> {
  const { virsh, pool, config } = connection;
  const recipes = await lineage(options.recipe);
  const capacity = options.disk ?? lastOf(recipes, (one) => one.disk) ?? DISK;
  await refuseLargerThanPool(pool, capacity);
  const directory = await pool.directory();
  const disk = new TargetDisk(virsh, pool, directory, { name, capacity });
  const memory = options.memory ?? lastOf(recipes, (one) => one.memory) ??
    config.vm.memory;
  const vcpus = options.vcpus ?? lastOf(recipes, (one) => one.vcpus) ??
    config.vm.vcpus;
  const user = options.user ?? lastOf(recipes, (one) => one.user) ??
    config.guest.user;
  const network = options.network ?? config.libvirt.network;
  if (context.dryRun) {
    context.say(
      `would install ${
        recipes.map((one) => one.name).join(" and ")
      } as "${name}"`,
    );
    return;
  }
  const { timezone, locale, keymap } = { ...config.guest, ...given(options) };
  await install(virsh, context, {
    domain: `${name}@build`,
    recipes,
    onParent: false,
    disk,
    iso: await options.iso(),
    settings: { user, timezone, locale, keymap },
    memory,
    vcpus,
    network,
    cache: await options.cache(),
    from: options.from,
    keep: options.keep,
    silence: options.silence,
  });
  await using undo = undoing();
  const entrusted = await entrust(connection, [{ name, user }], undo);
  const graphical = recipes.some((one) => one.launch !== undefined);
  const vm = domainOfVm({
    name,
    metadata: {
      kind: "appvm",
      user,
      graphical,
      spice: lastOf(recipes, (one) => one.spice),
    },
    type: await chooseAcceleration(virsh, () => {}),
    memory,
    vcpus,
    root: `${directory}/${disk.base}`,
    network: await cardFor(connection, network),
    entrusted,
  });
  await virsh.must(`cannot define "${name}"`, define(domainXml(vm)));
  undo.keep();
}

/** Options that were not given overrule nothing. */
function given(options: InstallVmOptions): Partial<InstallVmOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}
