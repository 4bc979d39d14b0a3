/**
 * Disks of VMs that have no domain. Only what certainly holds nothing of
 * anybody's is removed unasked: a layer on a version of a template that no
 * guest ever wrote to, an hour old, on which nothing rests. Of a VM that is
 * named, root layers go too. Home disks that were written to never do.
 */

import { layersOn } from "../image/chain.ts";
import { ownerOf, readVolumeName } from "../image/names.ts";
import { getDomains, listDomains } from "../libvirt/domain.ts";
import type { Volume } from "../libvirt/volume.ts";
import { quote } from "../process/quote.ts";
import { NAME } from "../names/names.ts";
import { humanSize } from "../names/values.ts";
import { isUnnamed } from "../disposable/end.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { type Problem, programs } from "./finding.ts";
import { unfinished } from "./unfinished.ts";

/** A layer that no guest wrote to takes up less. */
const EMPTY = 4 * 2 ** 20;

/** Milliseconds. */
const HOUR = 3_600_000;

/** Images with names as VMs have them, that no domain has for a disk. */
async function orphans({ virsh }: Exam, volumes: Volume[]) {
  const list = await listDomains(virsh);
  const names = new Set(list.map(({ name }) => name));
  const domains = await getDomains(virsh, [...names]);
  const used = new Set(
    domains.flatMap(({ disks }) => disks.map(({ path }) => path)),
  );
  return volumes.filter(({ name, path }) => {
    const owner = ownerOf(name);
    const mine = /\.(qcow2|credentials)$/.test(name) && NAME.test(owner);
    return mine && !names.has(owner) && !isUnnamed(owner) && !used.has(path);
  });
}

/** Milliseconds since it was changed; undefined where that is not known. */
async function age({ virsh, host }: Exam, path: string) {
  if (!virsh.local) return;
  const info = await Deno.stat(path).catch(() => undefined);
  return info?.mtime ? host.now - info.mtime.getTime() : undefined;
}

/** A home disk that no guest ever wrote to takes up 388 KiB: docs/qcow2.md. */
const UNTOUCHED = 400 * 1024;

type Verdict = "home" | "data" | "young" | "empty";

async function verdict(exam: Exam, volume: Volume): Promise<Verdict> {
  const own = readVolumeName(volume.name);
  const home = own?.kind === "home" || /\.home\b/.test(volume.name);
  if (home && volume.allocation > UNTOUCHED) return "home";
  // A hash that no guest asks for any more.
  const credentials = volume.name.endsWith(".credentials");
  const onVersion = credentials || home ||
    volume.backing?.split("/").at(-1)?.includes("@");
  if (!onVersion || volume.allocation > EMPTY) return "data";
  const old = await age(exam, volume.path) ?? 0;
  return old < HOUR ? "young" : "empty";
}

async function problemOf(
  exam: Exam,
  volumes: readonly Volume[],
  volume: Volume,
): Promise<Problem | undefined> {
  const { run, virsh, pool, names } = exam;
  const { name, allocation } = volume;
  const owner = ownerOf(name);
  // The check of builds tells of it; no domain has the owner's name.
  if ((await unfinished(exam, [], volumes, owner)).includes(name)) return;
  const words = ["vol-delete", "--pool", pool.name, "--", name];
  const cure = virsh.argv(words).map(quote).join(" ");
  const base = { id: `orphan:${name}`, kind: "remains", cure } as const;
  const size = humanSize(allocation);
  const gone = `there is no VM "${owner}"`;
  const on = layersOn(volumes, volume.path).map((one) => one.name);
  if (on.length > 0) {
    const what = `${gone}, but ${on.join(", ")} rest on its disk ${name}`;
    return { ...base, level: "warning", what, cure: undefined };
  }
  const found = await verdict(exam, volume);
  if (found === "home") {
    const what = `${gone}, but its home disk ${name} (${size}): ` +
      "never deleted but by hand";
    return { ...base, level: "warning", what };
  }
  const { repair } = programs(run, [virsh.argv(words)]);
  const guarded = () => undisturbed(owner, repair!);
  if (found === "empty" || names.includes(owner)) {
    const what = `${gone}, but its disk ${name} (${size})`;
    return { ...base, level: "error", what, repair: guarded };
  }
  const what = found === "young"
    ? `${gone}, but a new disk ${name}: it may be in the making`
    : `${gone}, but its disk ${name} (${size}), with data; ` +
      `vms-doctor --repair ${owner} deletes it`;
  return { ...base, level: "warning", what };
}

async function examine(exam: Exam): Promise<Problem[]> {
  await exam.virsh.try(exam.pool.refresh());
  const volumes = await exam.pool.volumes();
  const found: Problem[] = [];
  for (const volume of await orphans(exam, volumes)) {
    // Its VM may be being made or destroyed.
    const one = await undisturbed(
      ownerOf(volume.name),
      () => problemOf(exam, volumes, volume),
    );
    if (one) found.push(one);
  }
  return found;
}

export const disks: Check = {
  id: "orphans",
  fine: "every disk belongs to a VM",
  needs: ["pool", "locks"],
  examine,
};
