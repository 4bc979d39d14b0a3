/** Connect a VM to a network, or cut it off. */

import { command } from "../lib/command/declaration.ts";
import { main } from "../lib/command/main.ts";
import { OF_THE_HOST } from "../lib/firewall/guard.ts";
import { open } from "../lib/libvirt/connection.ts";
import { findListed, getDomain, listDomains } from "../lib/libvirt/domain.ts";
import { lock } from "../lib/lock/lock.ts";
import { connectVm } from "../lib/inside/connect.ts";
import { refuseUnconnectable } from "../lib/inside/connectable.ts";
import { networkText } from "../lib/network/network.ts";
import { parseChoice } from "../lib/network/network_choice.ts";
import { onlyCard } from "../lib/network/only_card.ts";
import { VM } from "../lib/vm/operands.ts";

export const vmsNet = command({
  name: "vms-net",
  summary: "Connect a VM to a network, or cut it off",
  description: [
    "Without NETWORK what the VM is connected to is printed. Else it is connected so, also while it runs, and stays so.",
    `nat: behind this host, in the network of the settings ([libvirt] network). By the default VMs there do not see each other, and of the host only ${OF_THE_HOST}. isolated: a network without a way out, in which it sees nobody. isolated:GROUP: the same with the VMs of that group. bridge:BRIDGE: on a bridge of this host, in its network, where the firewall does not know which IPv4 address is the VM's. none: no card.`,
    "A VM that runs is cut off first, without its help, and connected anew some seconds later: only then a guest asks for another address.",
    "In every network a firewall stands in front of the VM: see vms-firewall(1). Its rules go with it, its own or its template's.",
    "With --json it prints name, network and filter.",
  ],
  needs: {
    run: ["virsh", "stat"],
    write: ["/run/vms", "/run/user"],
    sys: ["networkInterfaces"],
  },
  exits: {
    conflict: "it has several cards, or is a template",
    timeout: "the guest keeps the card, which leads nowhere",
  },
  examples: [
    ["vms-net work-client1", "what it is connected to"],
    ["vms-net work-client1 none", "cut it off, at once"],
    ["vms-net work-client1 isolated:work", "it sees the VMs of that group"],
  ],
  operands: [VM, {
    name: "NETWORK",
    help: "none, nat, isolated, isolated:GROUP or bridge:BRIDGE",
    optional: true,
    check: parseChoice,
    complete: ["none", "nat", "isolated", "isolated:", "bridge:"],
  }],
  async run({ operands: [name = "", word] }, _options, context) {
    const connection = await open(context);
    const { virsh } = connection;
    if (word !== undefined) {
      using _held = await lock("vm", name);
      const listed = findListed(await listDomains(virsh), name);
      const choice = parseChoice(word);
      await refuseUnconnectable(connection, context.run, listed, choice);
      return await connectVm(connection, listed, choice);
    }
    findListed(await listDomains(virsh), name);
    const card = onlyCard(name, (await getDomain(virsh, name)).xml);
    const network = networkText(connection, card);
    const filter = card?.filter?.name;
    context.out.object({ name, network, filter }, () => [network]);
  },
});

if (import.meta.main) await main(vmsNet);
