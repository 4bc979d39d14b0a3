/** VMs have one network card, or none. */

import { Failure } from "../command/failure.ts";
import { type NetworkCard, readCards } from "../libvirt/network_card.ts";

/**
 * The one card of a VM; undefined where it has none.
 *
 * @throws {Failure} `conflict`, where there are several.
 */
export function onlyCard(name: string, xml: string): NetworkCard | undefined {
  const cards = readCards(xml);
  if (cards.length <= 1) return cards[0];
  throw new Failure(
    "conflict",
    `cannot tell the network of "${name}"`,
    `it has ${cards.length} network cards`,
    `virsh domiflist ${name}`,
  );
}
