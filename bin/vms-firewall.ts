/** What a VM may reach. */

import { command } from "../lib/command/declaration.ts";
import { Failure } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { parseRequest, REQUESTS } from "../lib/firewall/request.ts";
import { open } from "../lib/libvirt/connection.ts";
import { listDomains } from "../lib/libvirt/domain.ts";
import { lock } from "../lib/lock/lock.ts";
import { findHolder, readFirewall } from "../lib/network/firewall.ts";
import { FIREWALL_DESCRIPTION } from "../lib/network/firewall_description.ts";
import { changeFirewall } from "../lib/network/firewall_request.ts";
import {
  COLUMNS,
  NOTE_COLUMNS,
  notes,
  rows,
} from "../lib/network/firewall_show.ts";
import { watchNames } from "../lib/network/firewall_watch.ts";
import { PROTOCOLS } from "../lib/firewall/rule.ts";
import { VM } from "../lib/vm/operands.ts";

export const vmsFirewall = command({
  name: "vms-firewall",
  summary: "Say what a VM may reach; this host enforces it",
  description: FIREWALL_DESCRIPTION,
  needs: {
    run: ["virsh", "ebtables"],
    write: ["/run/vms", "/run/user"],
    net: true,
    sys: ["networkInterfaces", "uid"],
  },
  exits: {
    missing: "no VM or template has that name, or no rule that number",
    conflict: "it has that rule already, or several cards",
  },
  examples: [
    ["vms-firewall work-client1", "its rules, and the default"],
    ["vms-firewall bank default deny", "nothing but what a rule allows"],
    ["vms-firewall bank allow tcp 443 to example.org", "by name"],
    ["vms-firewall bank allow tcp 22-23 to 203.0.113.0/24", "by address"],
    ["vms-firewall bank allow icmp to 203.0.113.9", "ping, and all of ICMP"],
    ["vms-firewall bank remove 2", "the second rule"],
    ["vms-firewall gui deny tcp 25 to any", "for the VMs of a template"],
  ],
  operands: [
    { ...VM, help: "a VM or a template", optional: true, complete: "source" },
    {
      name: "WORD",
      help: "list, a rule, remove N, default allow|deny, refresh, reset, log",
      many: true,
      optional: true,
      complete: [...REQUESTS, ...PROTOCOLS, "to"],
    },
  ],
  options: {
    watch: { help: "keep the addresses of names current until ended" },
  },
  async run({ operands: [name, ...words] }, { watch }, context) {
    if (watch === (name !== undefined)) {
      const why = watch ? "--watch is for all VMs" : "which VM?";
      const what = "cannot understand the command line";
      throw new Failure("usage", what, why, "vms-firewall --help");
    }
    const connection = await open(context);
    if (name === undefined) return await watchNames(connection, context.say);
    const request = parseRequest(words);
    const list = await listDomains(connection.virsh);
    const holder = await findHolder(connection, list, name);
    if (request.does === "list" || request.does === "log") {
      const { policy } = await readFirewall(connection, holder);
      if (request.does === "list") context.out.list(rows(policy), COLUMNS);
      else {
        const noted = await notes(connection, holder, policy);
        context.out.list(noted, NOTE_COLUMNS);
      }
      return;
    }
    using _held = await lock(holder.vm ? "vm" : "rules", name);
    await changeFirewall(connection, holder, request, context.say);
  },
});

if (import.meta.main) await main(vmsFirewall);
