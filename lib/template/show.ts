/** What there is to say of templates. */

import type { Context } from "../command/context.ts";
import { chainOf, dependents } from "../image/chain.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getDomain, getDomains, listDomains } from "../libvirt/domain.ts";
import type { Domain } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { humanSize } from "../names/values.ts";
import { mustFindVersion, versions } from "./versions.ts";

/** One version; sizes in bytes, times in ISO 8601. */
interface Row {
  name: string;
  parent?: string;
  built: string;
  packages: number;
  size: number;
  depth: number;
  dependents: string[];
}

/** All published versions. */
export async function listTemplates(
  { virsh, pool }: Connection,
  { out }: Context,
): Promise<void> {
  const names = versions(await listDomains(virsh)).map(({ name }) => name);
  const domains = await getDomains(virsh, names);
  const volumes = await pool.volumes();
  out.list(domains.map((domain) => row(domain, volumes)), [
    { header: "NAME", text: ({ name }) => name },
    { header: "PARENT", text: ({ parent }) => parent ?? "-" },
    {
      header: "BUILT",
      text: ({ built }) => built.slice(0, 16).replace("T", " "),
    },
    { header: "SIZE", text: ({ size }) => humanSize(size) },
    { header: "PACKAGES", text: ({ packages }) => `${packages}` },
    { header: "USED BY", text: (one) => one.dependents.join(" ") || "-" },
  ]);
}

function row(domain: Domain, volumes: readonly Volume[]): Row {
  const { metadata, name } = domain;
  const path = domain.disks[0]!.path;
  const chain = chainOf(volumes, path);
  return {
    name,
    parent: metadata?.template,
    built: new Date((metadata?.built ?? 0) * 1000).toISOString(),
    packages: metadata?.packages ?? 0,
    size: chain[0]?.allocation ?? 0,
    depth: chain.length,
    dependents: dependents(volumes, name),
  };
}

/** One version, and the chain of its images. */
export async function showTemplate(
  { virsh, pool }: Connection,
  { out }: Context,
  word: string,
): Promise<void> {
  const version = mustFindVersion(await listDomains(virsh), word);
  const domain = await getDomain(virsh, version.name);
  const volumes = await pool.volumes();
  const chain = chainOf(volumes, domain.disks[0]!.path);
  const { user, recipe, digest } = domain.metadata ?? {};
  const shown = {
    ...row(domain, volumes),
    recipe,
    digest,
    user,
    memory: domain.memory,
    vcpus: domain.vcpus,
    chain: chain.map(({ path, allocation, capacity }) => ({
      path,
      allocation,
      capacity,
    })),
  };
  out.object(shown, () => [
    `name      ${shown.name}`,
    `recipe    ${recipe} (${digest})`,
    `parent    ${shown.parent ?? "-"}`,
    `built     ${shown.built}`,
    `packages  ${shown.packages}`,
    `user      ${user}`,
    `memory    ${humanSize(shown.memory)}, ${shown.vcpus} vCPUs`,
    ...chain.map(({ path, allocation, capacity }, i) =>
      `${i ? "  on      " : "image     "}${path} ` +
      `(${humanSize(allocation)} of ${humanSize(capacity)})`
    ),
    `used by   ${shown.dependents.join(" ") || "-"}`,
  ]);
}
