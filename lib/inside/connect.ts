/** Connecting a VM to another network, also while it runs. */

import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { active, getDomain, type Listed } from "../libvirt/domain.ts";
import {
  cardXml,
  type NetworkCard,
  readCards,
} from "../libvirt/network_card.ts";
import { plugIn } from "../libvirt/plug.ts";
import { change, type Virsh, XML_FILE } from "../libvirt/virsh.ts";
import { activate, release } from "../network/address.ts";
import { newMac } from "../network/mac.ts";
import { cardInFront } from "../network/firewall.ts";
import { type Choice, choiceText } from "../network/network_choice.ts";
import { cardFor } from "../network/network.ts";
import { onlyCard } from "../network/only_card.ts";
import { holding, isKept, scope } from "../vm/paused.ts";

/** Seconds for the guest to let go of a card. */
const PATIENCE = 15;

/** NetworkManager takes a cable that was out for 6 s or less for one that never was. */
const OUT = 10_000;

/**
 * Connect a VM as chosen. A running one is cut off before it is connected
 * anew.
 *
 * @throws {Failure} `timeout`, where the guest keeps a card, which then leads
 * nowhere.
 */
export async function connectVm(
  connection: Connection,
  { name, state, template }: Listed,
  choice: Choice,
): Promise<void> {
  const { virsh } = connection;
  const domain = await getDomain(virsh, name);
  const before = onlyCard(name, domain.xml);
  const plain = await cardFor(connection, choiceText(choice), {
    template,
    mac: before?.mac,
  });
  const after = plain && await cardInFront(connection, name, plain);
  const kept = await isKept(virsh, name);
  const lives = active(state);
  const given = { virsh, name, flags: scope(lives, kept) };
  if (lives) {
    await activate(connection, after && { mac: before?.mac, ...after });
  }
  if (!after && before) await disconnect(given, before, lives);
  else if (after && before) await replace(given, after, lives);
  else if (after) {
    await plug(given, { ...after, mac: after.mac ?? newMac() });
  }
  if (before && before.name !== after?.name) {
    await release(connection, [before]);
  }
}

interface Given {
  virsh: Virsh;
  name: string;
  /** Whether the VM as it runs is meant, as it is kept, or both. */
  flags: string[];
}

async function plug({ virsh, name, flags }: Given, card: NetworkCard) {
  const what = `cannot connect "${name}"`;
  await plugIn(virsh, { name, what, flags, xml: cardXml(card).text });
}

async function update({ virsh, name }: Given, card: NetworkCard, on: string[]) {
  await virsh.must(
    `cannot connect "${name}"`,
    change(["update-device", ...on, "--", name, XML_FILE], cardXml(card).text),
  );
}

/** The cable is out while all else changes: the guest asks for an address. */
async function replace(given: Given, card: NetworkCard, lives: boolean) {
  if (!lives) return await update(given, card, given.flags);
  const { virsh, name } = given;
  const began = performance.now();
  await setLink(given, card.mac!, "down");
  await holding(
    virsh,
    name,
    () => update(given, { ...card, down: true }, given.flags),
  );
  const left = OUT - (performance.now() - began);
  if (!virsh.dryRun) await pause(left);
  await update(given, card, given.flags);
}

async function setLink({ virsh, name }: Given, mac: string, state: string) {
  const words = ["domif-setlink", name, mac, state];
  await virsh.must(`cannot cut off "${name}"`, change(words));
}

/** The guest has no say in being cut off, only in whether the card leaves. */
async function disconnect(
  given: Given,
  { kind = "network", mac }: NetworkCard,
  lives: boolean,
) {
  const { virsh, name, flags } = given;
  if (lives) await setLink(given, mac!, "down");
  const words = ["detach-interface", name, kind, "--mac", mac!, ...flags];
  await virsh.must(`cannot disconnect "${name}"`, change(words));
  if (lives && !virsh.dryRun) await awaitLeave(virsh, name);
}

async function awaitLeave(virsh: Virsh, name: string) {
  const end = performance.now() + PATIENCE * 1000;
  while (performance.now() < end) {
    const { xml } = await getDomain(virsh, name);
    if (readCards(xml).length === 0) return;
    await pause(250);
  }
  throw new Failure(
    "timeout",
    `cannot take the card of "${name}"`,
    "the guest does not let go of it; it is cut off all the same",
    `vms-stop ${name}`,
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.max(0, milliseconds)));
}
