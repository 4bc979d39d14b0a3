/** Network filters: what libvirt has, and the few things done to them. */

import {
  type Filter,
  filterUuid,
  filterXml,
  readFilter,
} from "./nwfilter_xml.ts";
import { readTable } from "./table.ts";
import {
  type Call,
  change,
  demand,
  look,
  type Virsh,
  XML_FILE,
} from "./virsh.ts";

/** Asks for the filter, which may not be there. */
export const dumpFilter = (name: string) => look("nwfilter-dumpxml", name);

/** Names of all filters. */
export async function filterNames(virsh: Virsh): Promise<string[]> {
  const what = "cannot list network filters";
  const text = await virsh.must(what, look("nwfilter-list"));
  return readTable(text).map(({ Name }) => Name!);
}

/** Undefined where there is none of that name. */
export async function getFilter(
  virsh: Virsh,
  name: string,
): Promise<Filter | undefined> {
  const answer = await virsh.try(dumpFilter(name));
  if (
    /no nwfilter with matching name|failed to get nwfilter/i.test(answer.error)
  ) {
    return;
  }
  return readFilter(demand(`cannot read the filter "${name}"`, answer));
}

/** Make a filter, or put it in the place of the one that has its name. */
export async function defineFilter(filter: Filter): Promise<Call> {
  const xml = filterXml(filter, await filterUuid(filter.name));
  return change(["nwfilter-define", XML_FILE], xml);
}

export const undefineFilter = (name: string) =>
  change(["nwfilter-undefine", name]);
