/** Network filters: what libvirt has, and the few things done to them. */

import {
  type Filter,
  filterUuid,
  filterXml,
  readFilter,
} from "./nwfilter_xml.ts";
import { readTable } from "./table.ts";
import {
  type Answer,
  type Call,
  change,
  demand,
  look,
  type Virsh,
  XML_FILE,
} from "./virsh.ts";

/** Asks for the filter, which may not be there. */
export const dumpFilter = (name: string) => look("nwfilter-dumpxml", name);

/**
 * Names of all filters. Not for what is done often: in libvirt 9.0 a list
 * beside a VM that starts can stop the daemon for good, as each holds a filter
 * that the other waits for.
 */
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
  return readAnswer(name, await virsh.try(dumpFilter(name)));
}

function readAnswer(name: string, answer: Answer): Filter | undefined {
  const none = /no nwfilter with matching name|failed to get nwfilter/i;
  if (none.test(answer.error)) return;
  return readFilter(demand(`cannot read the filter "${name}"`, answer));
}

/** Those of the names that there are. */
export async function getFilters(
  virsh: Virsh,
  names: readonly string[],
): Promise<Map<string, Filter>> {
  const answers = await virsh.batch(names.map(dumpFilter));
  const found = new Map<string, Filter>();
  for (const [i, answer] of answers.entries()) {
    const filter = readAnswer(names[i]!, answer);
    if (filter) found.set(names[i]!, filter);
  }
  return found;
}

/** Make a filter, or put it in the place of the one that has its name. */
export async function defineFilter(filter: Filter): Promise<Call> {
  const xml = filterXml(filter, await filterUuid(filter.name));
  return change(["nwfilter-define", XML_FILE], xml);
}

export const undefineFilter = (name: string) =>
  change(["nwfilter-undefine", name]);
