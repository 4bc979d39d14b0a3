/** The network that VMs are connected to. */

import { makeNetwork } from "../libvirt/network.ts";
import { readTable } from "../libvirt/table.ts";
import { look } from "../libvirt/virsh.ts";
import { freeSubnet } from "../network/subnet.ts";
import type { Check, Exam } from "./exam.ts";
import { byDoctor, type Problem, programs } from "./finding.ts";

async function examine(exam: Exam): Promise<Problem[]> {
  const { virsh, run, config: { libvirt: { network } } } = exam;
  const text = await virsh.must(
    "cannot list networks",
    look("net-list", "--all"),
  );
  const row = readTable(text).find(({ Name }) => Name === network);
  const base = { id: "network", level: "error", kind: "host" } as const;
  if (!row) {
    const what = `the network "${network}" is not there`;
    return [{ ...base, what, ...byDoctor(() => make(exam, network)) }];
  }
  const words: string[][] = [];
  if (row.State !== "active") words.push(["net-start", network]);
  if (row.Autostart !== "yes") words.push(["net-autostart", network]);
  if (words.length === 0) return [];
  const what = row.State === "active"
    ? `the network "${network}" does not start by itself`
    : `the network "${network}" is not active`;
  const lines = words.map((one) => virsh.argv(one));
  return [{ ...base, what, ...programs(run, lines) }];
}

async function make({ virsh, run }: Exam, name: string): Promise<void> {
  const routes = virsh.local
    ? (await run(["ip", "-4", "route"], { changes: false })).stdout
    : "";
  const subnet = await freeSubnet(virsh, routes.split(/\s+/));
  await makeNetwork(virsh, { name, subnet });
}

export const network: Check = {
  id: "network",
  fine: "the network is active and starts by itself",
  needs: ["libvirt"],
  examine,
};
