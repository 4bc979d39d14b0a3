/** Images and domains that rest on what is gone. */

import { firstGone } from "../image/gone.ts";
import { ownerOf } from "../image/names.ts";
import {
  type Domain,
  type DomainDisk,
  getDomains,
  listDomains,
} from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import type { Check, Exam } from "./exam.ts";
import type { Problem } from "./finding.ts";

interface Broken {
  disk: DomainDisk;
  gone: string;
}

/** Disks of a VM that rest on what is gone. */
async function brokenDisks(
  { virsh }: Exam,
  volumes: readonly Volume[],
  { disks }: Domain,
): Promise<Broken[]> {
  const found: Broken[] = [];
  for (const disk of disks) {
    const gone = await firstGone(virsh, volumes, [disk.path]);
    if (gone) found.push({ disk, gone });
  }
  return found;
}

/** What brings it back, or else ends it. */
function cureOf(
  { name, metadata, disks }: Domain,
  broken: readonly Broken[],
): Pick<Problem, "what" | "cure"> {
  const [{ gone }] = broken as [Broken];
  const what = `"${name}" rests on an image that is gone: ${gone}`;
  if (metadata?.kind === "template") {
    return { what, cure: "vms-template rebuild --all" };
  }
  const cure = `vms-destroy ${name}`;
  const isHome = ({ serial }: DomainDisk) => serial === "home";
  // A template gives another root, and no other home.
  const lost = broken.find(({ disk }) => isHome(disk));
  if (lost) {
    const back = `Put ${lost.gone} back, or its home is lost`;
    return { what: `${what}. ${back}`, cure };
  }
  const rebuildable = metadata?.kind === "appvm" && metadata.template &&
    disks.some(isHome);
  return { what, cure: rebuildable ? `vms-rebuild ${name}` : cure };
}

async function examine(exam: Exam): Promise<Problem[]> {
  const { virsh, pool } = exam;
  await virsh.try(pool.refresh());
  const volumes = await pool.volumes();
  const list = await listDomains(virsh);
  const ours = list.filter(({ kind }) => kind && kind !== "build");
  const domains = await getDomains(virsh, ours.map(({ name }) => name));
  const base = { level: "error", kind: "remains" } as const;
  const found: Problem[] = [];
  for (const domain of domains) {
    const { name, metadata } = domain;
    // A named disposable that is off has no layer.
    const own = list.find((one) => one.name === name)!;
    if (metadata?.kind === "disposable" && own.state === "shut off") continue;
    const broken = await brokenDisks(exam, volumes, domain);
    if (broken.length === 0) continue;
    found.push({ ...base, id: `chain:${name}`, ...cureOf(domain, broken) });
  }
  const known = new Set(list.map(({ name }) => name));
  for (const { name, path } of volumes) {
    if (known.has(ownerOf(name))) continue;
    const gone = await firstGone(virsh, volumes, [path]);
    if (!gone) continue;
    const what = `the image ${name} rests on one that is gone: ${gone}`;
    const words = ["vol-delete", "--pool", pool.name, name];
    const cure = virsh.argv(words).join(" ");
    found.push({ ...base, id: `chain:${name}`, what, cure });
  }
  return found;
}

export const chains: Check = {
  id: "chains",
  fine: "all images rest on what is there",
  needs: ["pool"],
  examine,
};
