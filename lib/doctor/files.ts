/** What crashed runs left in directories of the host. */

import { join } from "@std/path/posix/join";
import { active, listDomains } from "../libvirt/domain.ts";
import { NAME, printable } from "../names/names.ts";
import { isUnnamed } from "../disposable/end.ts";
import { type Check, type Exam, undisturbed } from "./exam.ts";
import { type Problem, programs, programsOfRoot } from "./finding.ts";

const BASE = { level: "error", kind: "remains" } as const;

/** Milliseconds after which nobody is still at it. */
const OLD = 600_000;

/** Names in a directory; none where it is not there or not to be read. */
async function namesIn(path: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.map(({ name }) => name).sort();
  } catch (error) {
    const { NotFound, PermissionDenied, NotADirectory } = Deno.errors;
    for (const kind of [NotFound, PermissionDenied, NotADirectory]) {
      if (error instanceof kind) return [];
    }
    throw error;
  }
}

/** Removing it takes root where another user made it, or anything in it. */
async function removal({ run, host }: Exam, path: string) {
  const line = ["rm", "-rf", "--", path];
  return host.uid === 0 || await isAllOf(host.uid, path)
    ? programs(run, [line])
    : programsOfRoot(run, [line], host.uid);
}

/** The guest of an installation may have made folders of its own there. */
async function isAllOf(uid: number, path: string): Promise<boolean> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info?.uid !== uid) return false;
  if (!info.isDirectory) return true;
  for (const name of await namesIn(path)) {
    if (!await isAllOf(uid, join(path, name))) return false;
  }
  return true;
}

/** True where nothing was changed in it of late, as far as it shows. */
async function isOld({ host }: Exam, path: string): Promise<boolean> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (!info) return false;
  const changed = Math.max(
    info.mtime?.getTime() ?? 0,
    info.ctime?.getTime() ?? 0,
  );
  return host.now - changed > OLD;
}

/** True for what belongs to no command that runs. */
async function isOver(exam: Exam, directory: string, name: string) {
  const path = join(directory, name);
  const seed = /^install-(.*)$/.exec(name)?.[1];
  if (seed === undefined) return await isOld(exam, path);
  const owner = seed.split("@")[0]!;
  if (!NAME.test(owner)) return await isOld(exam, path);
  const list = await listDomains(exam.virsh);
  if (list.some((one) => one.name === seed)) return false;
  return await undisturbed(owner, () => Promise.resolve(true)) ?? false;
}

export const runtime: Check = {
  id: "runtime",
  fine: "commands left no files of theirs",
  needs: ["local", "libvirt", "locks"],
  async examine(exam) {
    const { root, ownRuntime } = exam.host;
    const found: Problem[] = [];
    for (const place of ["/run/vms", ownRuntime]) {
      if (place === undefined) continue;
      const directory = root + place;
      for (const name of await namesIn(directory)) {
        if (!/^(install|xml|probe)-/.test(name)) continue;
        if (!await isOver(exam, directory, name)) continue;
        const path = join(directory, name);
        const what = `left by a command that was killed: ${path}`;
        const cure = await removal(exam, path);
        found.push({ ...BASE, id: `runtime:${name}`, what, ...cure });
      }
    }
    return found;
  },
};

/** Kernels that were taken out of ISOs lie in `NAME.iso.boot`. */
export const kernels: Check = {
  id: "kernels",
  fine: "no kernel of a former ISO is left",
  needs: ["local"],
  async examine(exam) {
    const directory = exam.host.root + exam.config.iso.directory;
    const names = await namesIn(directory);
    const left = names.filter((name) =>
      name.endsWith(".iso.boot") && !names.includes(name.slice(0, -5))
    );
    return await Promise.all(left.map(async (name) => {
      const path = join(directory, name);
      const what = `left of an ISO that is gone: ${printable(path)}`;
      const cure = await removal(exam, path);
      return { ...BASE, id: "kernels", what, ...cure };
    }));
  },
};

const NVRAM = "/var/lib/libvirt/qemu/nvram";

/** Variables of firmware. Those of what can never come back are removed. */
export const nvram: Check = {
  id: "nvram",
  fine: "no firmware variables of former VMs are left",
  needs: ["local", "libvirt"],
  async examine(exam) {
    const directory = exam.host.root + NVRAM;
    const list = await listDomains(exam.virsh);
    const known = new Set(list.map(({ name }) => name));
    const found: Problem[] = [];
    for (const file of await namesIn(directory)) {
      const name = /^(.+)_VARS\.(fd|qcow2)$/.exec(file)?.[1];
      if (name === undefined || known.has(name)) continue;
      const over = isUnnamed(name) || /@(build|[0-9]+\.proof)$/.test(name);
      const line = ["rm", "-f", "--", join(directory, file)];
      const cure = programsOfRoot(exam.run, [line], exam.host.uid);
      found.push({
        ...BASE,
        ...cure,
        id: `nvram:${name}`,
        level: over ? "error" : "warning",
        what: `there is no VM "${name}", but firmware variables of it`,
        repair: over ? cure.repair : undefined,
      });
    }
    return found;
  },
};

/** Interrupted downloads of guests. Their names are never shown or passed on. */
export const downloads: Check = {
  id: "downloads",
  fine: "no interrupted downloads are left",
  needs: ["local", "libvirt", "locks"],
  async examine(exam) {
    const directory = exam.host.root + exam.config.cache.directory;
    const list = await listDomains(exam.virsh);
    const found: Problem[] = [];
    for (const vm of await namesIn(directory)) {
      if (!NAME.test(vm) || vm === "shared") continue;
      const runs = list.some(({ name, state }) =>
        (name === vm || name.startsWith(`${vm}@`)) && active(state)
      );
      if (runs) continue;
      const own = join(directory, vm);
      const count = await undisturbed(vm, () => interrupted(exam, own));
      if (!count) continue;
      found.push({
        ...BASE,
        id: `downloads:${vm}`,
        what: `downloads of "${vm}" that were interrupted: ${count}`,
        ...programsOfRoot(exam.run, [removeInterrupted(own)], exam.host.uid),
        cure: `${exam.host.uid === 0 ? "" : "sudo "}vms-cache clean ${vm}`,
      });
    }
    return found;
  },
};

async function interrupted(exam: Exam, own: string): Promise<number> {
  let count = 0;
  for (const name of await namesIn(own)) {
    if (!name.startsWith("download-") && !name.endsWith(".part")) continue;
    if (await isOld(exam, join(own, name))) count++;
  }
  return count;
}

function removeInterrupted(own: string): string[] {
  return [
    ...["find", own, "-mindepth", "1", "-maxdepth", "1"],
    ...["(", "-name", "download-*", "-o", "-name", "*.part", ")"],
    ...["-exec", "rm", "-rf", "--", "{}", "+"],
  ];
}
