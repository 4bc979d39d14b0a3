import { assertEquals } from "@std/assert";
import { cardXml, type NetworkCard, readCards } from "./network_card.ts";

function domain(...cards: NetworkCard[]): string {
  const all = cards.map((card) => cardXml(card).text).join("");
  return `<domain><devices>${all}</devices></domain>`;
}

Deno.test("cardXml() of a network alone is as it always was", () => {
  assertEquals(
    cardXml({ name: "default", mac: "52:54:00:01:02:03" }).text,
    '<interface type="network"><source network="default"/>' +
      '<mac address="52:54:00:01:02:03"/><model type="virtio"/>' +
      '<rom enabled="no"/></interface>',
  );
});

Deno.test("readCards() reads what cardXml() wrote", () => {
  const network: NetworkCard = {
    name: "default",
    kind: "network",
    mac: "52:54:00:01:02:03",
    isolated: true,
    down: true,
    filter: { name: "vms-web", parameters: { GATEWAY: "192.168.122.1" } },
  };
  const bridge: NetworkCard = {
    name: "br0",
    kind: "bridge",
    mac: "52:54:00:01:02:04",
    isolated: false,
    down: false,
    filter: undefined,
  };
  assertEquals(readCards(domain(network, bridge)), [network, bridge]);
  assertEquals(readCards(domain()), []);
});
