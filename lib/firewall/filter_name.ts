/**
 * Names of filters. Those of VMs have a `-` where all others have a dot, so
 * that no name of a VM is one of those.
 */

import type { Place } from "./policy.ts";

const TEMPLATE = "vms.template.";

/** The filter of a VM that has rules of its own. */
export function ownFilter(vm: string): string {
  return `vms-${vm}`;
}

/** The filter of the VMs of a template that have none of their own. */
export function templateFilter(template: string | undefined): string {
  return template === undefined ? "vms.nat" : `${TEMPLATE}${template}`;
}

/** The filter of the same VMs at a place: the same rules, and what they mean there. */
export function sharedFilter(
  place: Place,
  template: string | undefined,
): string {
  if (place === "nat") return templateFilter(template);
  return template === undefined ? `vms.${place}` : `vms.${place}.${template}`;
}

/** Whose rules a filter holds; undefined for those that hold nobody's. */
export function holderOf(
  filter: string,
): { vm: string } | { template: string } | undefined {
  if (filter.startsWith("vms-")) return { vm: filter.slice(4) };
  if (filter.startsWith(TEMPLATE)) {
    return { template: filter.slice(TEMPLATE.length) };
  }
}
