/** What a copy would do, where nothing may be changed. */

import { demandNames, targetOf } from "../../guest/agent/tree_receive.ts";
import { nameOf, TreeError, treeError } from "../../guest/agent/tree.ts";
import type { Context } from "../command/context.ts";
import type { Connection } from "../libvirt/connection.ts";
import { listDomains } from "../libvirt/domain.ts";
import { mustRun } from "../libvirt/running.ts";
import { failure } from "./copy_failure.ts";
import type { CopyOptions } from "./copy.ts";
import type { Copy } from "./copy_words.ts";
import { incomingFolder } from "./incoming.ts";
import { demandOurs, placesAt } from "./shared_places.ts";

/**
 * Say what would be copied where. VMs must run, and this host's end must be
 * there and no VM's to write to; what lies in a VM is not asked for.
 *
 * @throws {Failure} `missing`, or `conflict` for a VM that does not run, and
 * for what a VM can change meanwhile.
 */
export async function sayCopy(
  connection: Connection,
  context: Context,
  words: Copy,
  options: Pick<CopyOptions, "force">,
): Promise<void> {
  const { from, to } = words;
  const list = await listDomains(connection.virsh);
  if (from.vm) mustRun(list, from.vm, `cannot copy from "${from.vm}"`);
  if (to.vm) mustRun(list, to.vm, `cannot copy to "${to.vm}"`);
  const places = placesHere(words);
  if (places.length > 0) {
    await demandOurs(connection, context, words, places, options);
  }
  const into = to.paths.length > 0 ? to.text : incomingFolder(from.vm!);
  context.say(`would copy ${from.text} to ${into}`);
}

/** What would be read or written on this host. */
function placesHere(words: Copy): string[] {
  try {
    return words.from.vm ? written(words) : read(words);
  } catch (error) {
    throw error instanceof TreeError ? failure(words, error) : error;
  }
}

function read({ from }: Copy): string[] {
  from.paths.forEach(demandThere);
  return from.paths;
}

function written({ from, to }: Copy): string[] {
  if (to.vm) return [];
  const [path] = to.paths;
  const asked = from.paths.map(nameOf);
  // The folder of what comes in is made when something does.
  const target = path === undefined ? { directory: "" } : targetOf(path);
  demandNames(target, asked);
  return placesAt(path ?? incomingFolder(from.vm!), target, asked);
}

function demandThere(path: string) {
  try {
    Deno.statSync(path);
  } catch (error) {
    throw treeError(error, path);
  }
}
