/** What a copy would do, where nothing may be changed. */

import { demandNames, targetOf } from "../../guest/agent/tree_receive.ts";
import { nameOf, TreeError, treeError } from "../../guest/agent/tree.ts";
import type { Context } from "../command/context.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains } from "../libvirt/domain.ts";
import { mustRun } from "../libvirt/running.ts";
import { failure } from "./copy_failure.ts";
import type { Copy } from "./copy_words.ts";
import { incomingFolder } from "./incoming.ts";

/**
 * Say what would be copied where. VMs must run, and this host's end must be
 * there; what lies in a VM is not asked for.
 *
 * @throws {Failure} `missing`, or `conflict` for a VM that does not run.
 */
export async function sayCopy(
  { virsh }: Connection,
  { say }: Context,
  words: Copy,
): Promise<void> {
  const { from, to } = words;
  const list = await listDomains(virsh);
  if (from.vm) mustRun(list, from.vm, `cannot copy from "${from.vm}"`);
  if (to.vm) mustRun(list, to.vm, `cannot copy to "${to.vm}"`);
  try {
    if (!from.vm) from.paths.forEach(demandThere);
    const [path] = to.paths;
    if (!to.vm && path) demandNames(targetOf(path), from.paths.map(nameOf));
  } catch (error) {
    throw error instanceof TreeError ? failure(words, error) : error;
  }
  const into = to.paths.length > 0 ? to.text : incomingFolder(from.vm!);
  say(`would copy ${from.text} to ${into}`);
}

function demandThere(path: string) {
  try {
    Deno.statSync(path);
  } catch (error) {
    throw treeError(error, path);
  }
}
