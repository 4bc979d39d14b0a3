/** Names of VMs, templates and snapshots, and of what is derived from them. */

import { escapeHidden } from "./plain_text.ts";

/** What a name looks like; refused before any program sees it. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Check the name of a VM, template or snapshot.
 *
 * @throws {Error} with what is wrong, never with the raw text of it.
 */
export function checkName(word: string): void {
  if (NAME.test(word)) return;
  throw new Error(
    `${printable(word)} is not a name: ` +
      "1 to 63 of a-z, 0-9 and -, not beginning with -",
  );
}

/** `minimal@3`, or `minimal` for its newest version. */
export interface VersionName {
  template: string;
  version?: number;
}

/** @throws {Error} where the word names no template. */
export function parseVersionName(word: string): VersionName {
  const [, template, version] = /^([^@]*)(?:@([1-9][0-9]{0,8}))?$/.exec(word) ??
    [];
  checkName(template ?? word);
  return version === undefined
    ? { template: template! }
    : { template: template!, version: Number(version) };
}

/** Check `NAME` or `NAME@N`: a VM, a template, or a version of one. */
export function checkSource(word: string): void {
  parseVersionName(word);
}

/** `minimal@3`: a domain's name. No VM's name has an @. */
export function versionName(template: string, version: number): string {
  return `${template}@${version}`;
}

/** Order of names, which are ASCII; localeCompare() would cost 6 ms at its first use. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Text from outside, quoted and shortened so that it can be shown. */
export function printable(word: string): string {
  const short = word.length > 40 ? `${word.slice(0, 40)}...` : word;
  return escapeHidden(JSON.stringify(short));
}
