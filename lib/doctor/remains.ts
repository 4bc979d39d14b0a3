/** What commands that were killed left in libvirt: disposables and builds. */

import { listDomains } from "../libvirt/domain.ts";
import { NAME } from "../names/names.ts";
import { findRemains, sweepBuilds } from "../template/sweep.ts";
import { sweepDisposables } from "../vm/disposable_end.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { byDoctor, type Problem } from "./finding.ts";

const BASE = { level: "error", kind: "remains" } as const;

export const disposables: Check = {
  id: "disposables",
  fine: "no disposable was left behind",
  needs: ["pool", "locks"],
  async examine(exam) {
    await exam.virsh.try(exam.pool.refresh());
    const names = await sweepDisposables(exam, async () => {});
    if (names.length === 0) return [];
    const what = `left by disposables that are over: ${names.join(", ")}`;
    const cure = byDoctor(() => sweepDisposables(exam));
    return [{ ...BASE, id: "disposables", what, ...cure }];
  },
};

/** Names that builds and installations may have left something of. */
async function builders({ virsh, pool }: Exam): Promise<string[]> {
  const list = await listDomains(virsh);
  const domains = list.filter(({ kind }) => kind === "build");
  await virsh.try(pool.refresh());
  const all = [...domains, ...await pool.volumes()].map(({ name }) => name)
    .filter((name) => name.includes("@"))
    .map((name) => name.split("@")[0]!)
    .filter((name) => NAME.test(name));
  return [...new Set(all)].sort();
}

export const builds: Check = {
  id: "builds",
  fine: "no build was left behind",
  needs: ["pool", "locks"],
  async examine(exam) {
    const found: Problem[] = [];
    for (const name of await builders(exam)) {
      const remains = await undisturbed(name, () => findRemains(exam, name));
      const all = [...remains?.domains ?? [], ...remains?.volumes ?? []];
      if (all.length === 0) continue;
      const what = `left by a build that is over (or was kept by --keep): ${
        all.join(", ")
      }`;
      const sweep = () => undisturbed(name, () => sweepBuilds(exam, name));
      found.push({ ...BASE, id: `build:${name}`, what, ...byDoctor(sweep) });
    }
    return found;
  },
};
