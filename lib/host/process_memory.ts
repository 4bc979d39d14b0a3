/**
 * What a process holds of the host's memory: filesystems/proc.rst and
 * admin-guide/mm/ksm.rst of Linux.
 */

import type { Run } from "../process/run.ts";
import { kernelFiles, kibibyteFields, PAGE } from "./kernel_files.ts";

/** Bytes. */
export interface ProcessMemory {
  resident: number;
  /** Of `resident`: what no file stands behind, such as a guest's RAM. */
  anonymous: number;
  /** Of `resident`: memfd and tmpfs, such as RAM that virtiofs maps as well. */
  shmem: number;
  swapped: number;
  /** Undefined where this user may not look at the process so closely. */
  pages?: PageMemory;
}

/** What the page tables of a process say; for its user and root. */
export interface PageMemory {
  /** A page that n processes have counts as the nth part of one. */
  proportional: number;
  /** The part of it that no file stands behind. */
  proportionalAnonymous: number;
  proportionalSwapped: number;
  /** Pages that other processes have too, and those that none has. */
  shared: number;
  private: number;
  /** Pages that KSM replaced; undefined in kernels before 5.19. */
  merged?: number;
}

/** By process id; one that has ended is left out. */
export async function processMemory(
  run: Run,
  pids: readonly number[],
): Promise<Map<number, ProcessMemory>> {
  const names = ["status", "smaps_rollup", "ksm_merging_pages"];
  const files = await kernelFiles(
    run,
    pids.flatMap((pid) => names.map((name) => `/proc/${pid}/${name}`)),
  );
  const found = new Map<number, ProcessMemory>();
  for (const pid of pids) {
    const [status, rollup, merging] = names.map((name) =>
      files.get(`/proc/${pid}/${name}`)
    );
    const memory = readStatus(status);
    if (!memory) continue;
    found.set(pid, { ...memory, pages: readPages(rollup, merging) });
  }
  return found;
}

function readStatus(text?: string): ProcessMemory | undefined {
  const fields = kibibyteFields(text);
  const resident = fields.get("VmRSS");
  const anonymous = fields.get("RssAnon");
  const shmem = fields.get("RssShmem");
  if (resident === undefined) return;
  if (anonymous === undefined || shmem === undefined) return;
  return { resident, anonymous, shmem, swapped: fields.get("VmSwap") ?? 0 };
}

function readPages(rollup?: string, merging?: string): PageMemory | undefined {
  const fields = kibibyteFields(rollup);
  const proportional = fields.get("Pss");
  const proportionalAnonymous = fields.get("Pss_Anon");
  if (proportional === undefined) return;
  if (proportionalAnonymous === undefined) return;
  const sum = (...keys: string[]) =>
    keys.reduce((all, key) => all + (fields.get(key) ?? 0), 0);
  return {
    proportional,
    proportionalAnonymous,
    proportionalSwapped: sum("SwapPss"),
    shared: sum("Shared_Clean", "Shared_Dirty"),
    private: sum("Private_Clean", "Private_Dirty"),
    merged: merging && /^\d+$/.test(merging.trim())
      ? Number(merging) * PAGE
      : undefined,
  };
}
