/** Building a version of a template: install, prove, publish. */

import type { Context } from "../command/context.ts";
import { type BootableIso, install } from "../install/installation.ts";
import { refuseUnknownNetwork } from "../install/known_network.ts";
import type { Connection } from "../libvirt/connection.ts";
import { planBuild } from "./plan.ts";
import { publish } from "./publish.ts";

export interface BuildOptions {
  /** Found, and its kernel taken out, only where something is installed. */
  iso: () => Promise<BootableIso>;
  /** The package cache that the installation is given, made for it. */
  cache: (vm: string) => Promise<{ shared: string; own: string }>;
  from?: string;
  keep: boolean;
  silence?: number;
}

/**
 * Build and publish the next version of a template; the caller holds its lock.
 *
 * A crash at any point leaves the last version serving: `define` of the
 * version's domain is the one step that publishes, and the last.
 *
 * @returns the version's name.
 */
export async function build(
  connection: Connection,
  context: Context,
  template: string,
  options: BuildOptions,
): Promise<string> {
  const { virsh, config } = connection;
  await refuseUnknownNetwork(virsh, config.libvirt.network);
  const plan = await planBuild(connection, context, template, options);
  if (context.dryRun) {
    const on = plan.parent ? ` on ${plan.parent.name}` : "";
    context.say(`would build ${plan.name}${on}`);
    return plan.name;
  }
  const { recipes, parent } = plan;
  await install(virsh, context, {
    domain: `${template}@build`,
    recipes: parent ? recipes.slice(-1) : recipes,
    onParent: parent !== undefined,
    disk: plan.disk,
    iso: await options.iso(),
    settings: { ...config.guest, user: plan.user },
    memory: plan.memory,
    vcpus: plan.vcpus,
    network: config.libvirt.network,
    cache: await options.cache(template),
    from: options.from,
    keep: options.keep,
    silence: options.silence,
  });
  await publish(connection, context, plan, options);
  return plan.name;
}
