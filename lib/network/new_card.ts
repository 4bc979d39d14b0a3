/** The cards of new VMs, with the rules of what they are copies of. */

import { ownFilter } from "../firewall/filter_name.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Domain } from "../libvirt/domain.ts";
import type { NetworkCard } from "../libvirt/network_card.ts";
import { getFilter, undefineFilter } from "../libvirt/nwfilter.ts";
import type { Undo } from "../undo/undo.ts";
import { release } from "./address.ts";
import { inheritRules } from "./firewall.ts";
import { cardFor, networkText } from "./network.ts";
import { onlyCard } from "./only_card.ts";

export interface Wanted {
  /** As `vms-net` takes it, or a network of libvirt; else the model's. */
  word?: string;
  template?: string;
  /** The VM that new ones are copies of. */
  model?: Domain;
}

/** What new VMs are connected to, each by its name; undefined for nothing. */
export async function newCards(
  connection: Connection,
  names: readonly string[],
  { word, template, model }: Wanted,
  undo: Undo,
): Promise<Map<string, NetworkCard | undefined>> {
  const network = word ?? networkOf(connection, model);
  const cards = new Map<string, NetworkCard | undefined>();
  for (const name of names) {
    const card = await cardFor(connection, network, { template });
    if (card) undo.add(() => release(connection, [card]));
    cards.set(name, card);
    await forgetOthers(connection, name);
    if (!model) continue;
    undo.add(() => connection.virsh.try(undefineFilter(ownFilter(name))));
    const rules = { from: model.name, to: name };
    cards.set(name, await inheritRules(connection, rules, card));
  }
  return cards;
}

/** Rules of a VM of that name that virsh removed are not the new one's. */
async function forgetOthers({ virsh }: Connection, name: string) {
  const filter = ownFilter(name);
  if (!await getFilter(virsh, filter)) return;
  const what = `cannot forget the rules that "${name}" had`;
  await virsh.must(what, undefineFilter(filter));
}

function networkOf(connection: Connection, model: Domain | undefined): string {
  if (!model) return connection.config.libvirt.network;
  return networkText(connection, onlyCard(model.name, model.xml));
}
