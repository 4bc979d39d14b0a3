/** What commands that were killed left in libvirt: disposables, builds, forks. */

import { destroy, listDomains } from "../libvirt/domain.ts";
import { NAME } from "../names/names.ts";
import { findRemains, sweepBuilds } from "../template/sweep.ts";
import { isUnnamed, sweepDisposables } from "../disposable/end.ts";
import { sweepWarm } from "../warm/drop.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { byDoctor, type Problem } from "./finding.ts";
import { deleteUnfinished, installing, unfinished } from "./unfinished.ts";

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
  const volumes = await pool.volumes();
  const all = [...domains, ...volumes].map(({ name }) => name)
    .filter((name) => name.includes("@"))
    .map((name) => name.split("@")[0]!)
    .filter((name) => NAME.test(name));
  return [...new Set([...all, ...installing(volumes)])].sort();
}

/** What builds of a template of that name left, and an installation of a VM. */
async function remainsOf(exam: Exam, name: string) {
  const { domains, volumes } = await findRemains(exam, name);
  const list = await listDomains(exam.virsh);
  const all = await exam.pool.volumes();
  const disk = await unfinished(exam, list, all, name);
  return { disk, all: [...domains, ...volumes, ...disk] };
}

async function sweep(exam: Exam, name: string): Promise<void> {
  const { disk } = await remainsOf(exam, name);
  // Domains end first: they write to the disk.
  await sweepBuilds(exam, name);
  await deleteUnfinished(exam, name, disk);
}

export const builds: Check = {
  id: "builds",
  fine: "no build was left behind",
  needs: ["pool", "locks"],
  async examine(exam) {
    const found: Problem[] = [];
    for (const name of await builders(exam)) {
      const remains = await undisturbed(name, () => remainsOf(exam, name));
      if (!remains || remains.all.length === 0) continue;
      const what =
        `left by a build or installation that is over (or was kept by --keep): ${
          remains.all.join(", ")
        }`;
      const cure = byDoctor(() => undisturbed(name, () => sweep(exam, name)));
      found.push({ ...BASE, id: `build:${name}`, what, ...cure });
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
