/** Networks of isolated VMs in which there are none any more. */

import { getDomains, getRunning, listDomains } from "../libvirt/domain.ts";
import { readCards } from "../libvirt/network_card.ts";
import { readTable } from "../libvirt/table.ts";
import { look } from "../libvirt/virsh.ts";
import { isolatedChoice } from "../network/network_choice.ts";
import type { Check, Exam } from "./exam.ts";
import { type Problem, programs } from "./finding.ts";

async function examine(exam: Exam): Promise<Problem[]> {
  const { virsh, run } = exam;
  return (await empty(exam)).map(({ name, active }) => {
    const words = [...active ? ["net-destroy"] : [], "net-undefine"];
    const lines = words.map((word) => virsh.argv([word, name]));
    return {
      id: `group:${name}`,
      level: "hint",
      kind: "remains",
      what: `the network "${name}" is there, but no VM is in it; ` +
        "a snapshot of memory may want it",
      // For a person to do: a VM may be on its way there.
      cure: programs(run, lines).cure,
    };
  });
}

async function empty({ virsh }: Exam) {
  const what = "cannot list networks";
  const text = await virsh.must(what, look("net-list", "--all"));
  const ours = readTable(text).filter(({ Name }) => isolatedChoice(Name!));
  if (ours.length === 0) return [];
  const list = await listDomains(virsh);
  const names = list.map(({ name }) => name);
  // A VM that runs may have another card than the one it will have.
  const domains = [
    ...await getDomains(virsh, names),
    ...await getRunning(virsh, names),
  ];
  const used = new Set(
    domains.flatMap(({ xml }) => readCards(xml)).map(({ name }) => name),
  );
  return ours.filter(({ Name }) => !used.has(Name!))
    .map(({ Name, State }) => ({ name: Name!, active: State === "active" }));
}

export const groups: Check = {
  id: "groups",
  fine: "networks of isolated VMs have VMs in them",
  needs: ["libvirt"],
  examine,
};
