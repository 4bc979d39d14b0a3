/** Images and domains that rest on what is gone. */

import { missingImage } from "../image/chain.ts";
import { ownerOf } from "../image/names.ts";
import { type Domain, getDomains, listDomains } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import type { Check, Exam } from "./exam.ts";
import type { Problem } from "./finding.ts";

/** Images also lie outside the pool. */
async function isGone(exam: Exam, path: string): Promise<boolean> {
  if (!exam.virsh.local) return true;
  return await Deno.stat(path).then(
    () => false,
    (error) => error instanceof Deno.errors.NotFound,
  );
}

async function firstGone(
  exam: Exam,
  volumes: readonly Volume[],
  paths: string[],
): Promise<string | undefined> {
  for (const path of paths) {
    const missing = missingImage(volumes, path);
    if (missing && await isGone(exam, missing)) return missing;
  }
}

/** What brings it back, or else ends it. */
function cureOf({ name, metadata, disks }: Domain, gone: string): string {
  const home = disks.find(({ serial }) => serial === "home")?.path;
  const rebuildable = metadata?.kind === "appvm" && metadata.template &&
    gone !== home;
  if (rebuildable) return `vms-rebuild ${name}`;
  if (metadata?.kind === "template") return "vms-template rebuild --all";
  return `vms-destroy ${name}`;
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
    const paths = domain.disks.map(({ path }) => path);
    const gone = await firstGone(exam, volumes, paths);
    if (!gone) continue;
    const what = `"${name}" rests on an image that is gone: ${gone}`;
    const cure = cureOf(domain, gone);
    found.push({ ...base, id: `chain:${name}`, what, cure });
  }
  const known = new Set(list.map(({ name }) => name));
  for (const { name, path } of volumes) {
    if (known.has(ownerOf(name))) continue;
    const gone = await firstGone(exam, volumes, [path]);
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
