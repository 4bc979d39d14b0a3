/** A VM's network card: https://libvirt.org/formatdomain.html#network-interfaces */

import { el, type Xml } from "../xml/element.ts";
import { children, find, readXml, type XmlElement } from "../xml/read.ts";

export interface NetworkCard {
  /** Of a libvirt network, or, of a bridge of the host, its. */
  name: string;
  kind?: "network" | "bridge";
  mac?: string;
  /** Apart from all other cards of the network that are so. */
  isolated?: boolean;
  /** Name of the filter, and what is given to it. */
  filter?: { name: string; parameters: Record<string, string> };
  /** As if no cable were in it. */
  down?: boolean;
}

/** Of other models the guest has no driver, or a slow one. */
export function cardXml(card: NetworkCard): Xml {
  const { name, kind = "network", mac, isolated, filter, down } = card;
  return el(
    "interface",
    { type: kind },
    el("source", { [kind]: name }),
    mac !== undefined && el("mac", { address: mac }),
    el("model", { type: "virtio" }),
    filter && el(
      "filterref",
      { filter: filter.name },
      Object.entries(filter.parameters).map(([name, value]) =>
        el("parameter", { name, value })
      ),
    ),
    down && el("link", { state: "down" }),
    isolated && el("port", { isolated: "yes" }),
    // No option ROM: the firmware would try to boot from the network.
    el("rom", { enabled: "no" }),
  );
}

/** The cards in the XML of a domain. */
export function readCards(xml: string): NetworkCard[] {
  const devices = find(readXml(xml), "devices")!;
  return children(devices, "interface").map(readCard);
}

function readCard(card: XmlElement): NetworkCard {
  const kind = card.attributes.type === "bridge" ? "bridge" : "network";
  const at = (path: string) => find(card, path)?.attributes ?? {};
  const filter = find(card, "filterref");
  return {
    name: at("source")[kind] ?? "",
    kind,
    mac: at("mac").address,
    isolated: at("port").isolated === "yes",
    down: at("link").state === "down",
    filter: filter && {
      name: filter.attributes.filter!,
      parameters: Object.fromEntries(
        children(filter, "parameter").map(({ attributes }) => [
          attributes.name!,
          attributes.value!,
        ]),
      ),
    },
  };
}
