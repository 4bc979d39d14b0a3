/** Published versions of templates, and finding the one that is meant. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { getDomain, type Listed } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { byName, parseVersionName, versionName } from "../names/names.ts";

export interface Version {
  template: string;
  version: number;
  /** `gui@3`: also the name of its domain. */
  name: string;
}

/** All published versions, sorted by template and number. */
export function versions(list: readonly Listed[]): Version[] {
  return list.filter(({ kind }) => kind === "template")
    .map(({ name }) => ({ name, ...parseVersionName(name) }) as Version)
    .sort((a, b) => byName(a.template, b.template) || a.version - b.version);
}

/** The newest version of a template; undefined where there is none. */
export function newest(
  list: readonly Listed[],
  template: string,
): Version | undefined {
  return versions(list).findLast((one) => one.template === template);
}

/** The version that `gui` or `gui@3` means; undefined where there is none. */
export function findVersion(
  list: readonly Listed[],
  word: string,
): Version | undefined {
  const { template, version } = parseVersionName(word);
  if (version === undefined) return newest(list, template);
  const name = versionName(template, version);
  return versions(list).find((one) => one.name === name);
}

/** @throws {Failure} `missing`. */
export function mustFindVersion(
  list: readonly Listed[],
  word: string,
): Version {
  const found = findVersion(list, word);
  if (found) return found;
  const { template } = parseVersionName(word);
  throw new Failure(
    "missing",
    `cannot find the template "${word}"`,
    "no published version has that name",
    newest(list, template)
      ? `vms-template show ${template}`
      : `vms-template build ${template}`,
  );
}

/** The image of a published version. */
export async function imageOf(
  { virsh, pool }: Connection,
  { name }: Version,
): Promise<Volume> {
  const domain = await getDomain(virsh, name);
  return await pool.volume(domain.disks[0]!.path);
}
