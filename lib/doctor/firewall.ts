/** Filters of VMs that are gone, and addresses of names that have expired. */

import { holderOf } from "../firewall/filter_name.ts";
import { readPolicy } from "../firewall/policy.ts";
import { listDomains } from "../libvirt/domain.ts";
import {
  dumpFilter,
  filterNames,
  undefineFilter,
} from "../libvirt/nwfilter.ts";
import { readFilter } from "../libvirt/nwfilter_xml.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { byDoctor, type Problem } from "./finding.ts";

async function examine(exam: Exam): Promise<Problem[]> {
  const { virsh } = exam;
  const vms = new Set((await listDomains(virsh)).map(({ name }) => name));
  const found: Problem[] = [];
  const held: string[] = [];
  for (const filter of await filterNames(virsh)) {
    const holder = holderOf(filter);
    if (!holder) continue;
    if ("vm" in holder && !vms.has(holder.vm)) {
      found.push(leftOver(exam, filter, holder.vm));
    } else held.push(filter);
  }
  return [...found, ...await expired(exam, held)];
}

function leftOver(exam: Exam, filter: string, vm: string): Problem {
  const { virsh } = exam;
  const remove = async () => {
    const list = await listDomains(virsh);
    if (list.some(({ name }) => name === vm)) return;
    await virsh.must(
      `cannot remove the filter "${filter}"`,
      undefineFilter(filter),
    );
  };
  return {
    id: `filter:${filter}`,
    level: "warning",
    kind: "remains",
    what: `the firewall rules of "${vm}" are there, but the VM is not`,
    ...byDoctor(() => undisturbed(vm, remove)),
  };
}

async function expired(
  { virsh, host }: Exam,
  filters: string[],
): Promise<Problem[]> {
  const answers = await virsh.batch(filters.map(dumpFilter));
  const late = answers.filter(({ ok, stdout }) =>
    ok &&
    readPolicy(readFilter(stdout)).entries.some(({ known = [] }) =>
      known.some(({ until }) => until * 1000 < host.now)
    )
  );
  if (late.length === 0) return [];
  return [{
    id: "firewall-names",
    level: "warning",
    kind: "host",
    what: "rules of vms-firewall have names whose addresses have expired: " +
      "nobody renews them",
    cure: "systemctl --user enable --now vms-firewall.service",
  }];
}

export const firewall: Check = {
  id: "firewall",
  fine: "firewall rules are those of VMs, and their names are looked after",
  needs: ["libvirt", "locks"],
  examine,
};
