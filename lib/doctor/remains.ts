/** What commands that were killed left in libvirt: disposables and builds. */

import { getDomain, listDomains } from "../libvirt/domain.ts";
import { tryLock } from "../lock/lock.ts";
import { NAME } from "../names/names.ts";
import { findRemains, sweepBuilds } from "../template/sweep.ts";
import { sweepDisposables, unnamed } from "../vm/disposable_end.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { byDoctor, type Problem } from "./finding.ts";

const BASE = { level: "error", kind: "remains" } as const;

export function isUnnamed(name: string): boolean {
  try {
    return unnamed(name) === name;
  } catch {
    return false;
  }
}

/** What `sweepDisposables` would remove. */
async function abandoned(exam: Exam): Promise<string[]> {
  const { virsh, pool } = exam;
  await virsh.try(pool.refresh());
  const list = await listDomains(virsh);
  const layers = (await pool.volumes())
    .map(({ name }) => name.replace(/\.qcow2$/, ""))
    .filter((name) => !list.some((one) => one.name === name));
  const running = list.filter(({ kind }) => kind === "disposable");
  const found: string[] = [];
  for (const name of new Set(layers.filter(isUnnamed))) {
    using held = await tryLock("vm", name);
    if (held) found.push(name);
  }
  for (const { name } of running.filter((one) => isUnnamed(one.name))) {
    if (!(await getDomain(virsh, name)).metadata?.once) continue;
    using wanted = await tryLock("use", name);
    if (wanted) found.push(name);
  }
  return found.sort();
}

export const disposables: Check = {
  id: "disposables",
  fine: "no disposable was left behind",
  needs: ["pool", "locks"],
  async examine(exam) {
    const names = await abandoned(exam);
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
