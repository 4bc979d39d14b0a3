/** What commands that were killed left in libvirt: disposables, builds, forks. */

import { destroy, listDomains } from "../libvirt/domain.ts";
import { NAME } from "../names/names.ts";
import { findRemains, sweepBuilds } from "../template/sweep.ts";
import { isUnnamed, sweepDisposables } from "../disposable/end.ts";
import { sweepWarm } from "../warm/drop.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { byDoctor, type Problem } from "./finding.ts";

const BASE = { level: "error", kind: "remains" } as const;

export const disposables: Check = {
  id: "disposables",
  fine: "no disposable left anything behind",
  needs: ["pool", "locks"],
  async examine(exam) {
    await exam.virsh.try(exam.pool.refresh());
    const names = await sweepDisposables(exam, { look: true });
    if (names.length === 0) return [];
    const what = `disposables that are off left what they wrote: ${
      names.join(", ")
    }`;
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

export const warm: Check = {
  id: "warm",
  fine: "no warm image was left behind",
  needs: ["pool", "locks"],
  async examine(exam) {
    const names = await sweepWarm(exam, { look: true });
    if (names.length === 0) return [];
    const what = `left of warm images: ${names.join(", ")}`;
    const cure = byDoctor(() => sweepWarm(exam));
    return [{ ...BASE, id: "warm", what, ...cure }];
  },
};

/** A VM with a name whose fork never became somebody; its disks are its own. */
export const forks: Check = {
  id: "forks",
  fine: "no VM was left half forked",
  needs: ["pool", "locks"],
  async examine(exam) {
    const { virsh } = exam;
    const half = (await listDomains(virsh)).filter(({ name, kind }) =>
      kind === "build" && NAME.test(name) && !isUnnamed(name)
    );
    const found: Problem[] = [];
    for (const { name } of half) {
      if (!await undisturbed(name, () => Promise.resolve(true))) continue;
      const what = `"${name}" was being forked when its command was killed`;
      const end = () => undisturbed(name, () => virsh.try(destroy(name)));
      found.push({ ...BASE, id: `fork:${name}`, what, ...byDoctor(end) });
    }
    return found;
  },
};
