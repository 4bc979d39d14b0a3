/** The storage pool that images live in, and the room in it. */

import { readTable } from "../libvirt/table.ts";
import { look } from "../libvirt/virsh.ts";
import { humanSize } from "../names/values.ts";
import type { Check, Exam } from "./exam.ts";
import { type Problem, programs } from "./finding.ts";

const IMAGES = "/var/lib/libvirt/images";

async function poolRow({ virsh, config }: Exam) {
  const all = look("pool-list", "--all");
  const text = await virsh.must("cannot list storage pools", all);
  return readTable(text).find(({ Name }) => Name === config.libvirt.pool);
}

/** True where volumes can be listed. */
export async function poolIsActive(exam: Exam): Promise<boolean> {
  return (await poolRow(exam))?.State === "active";
}

async function examine(exam: Exam): Promise<Problem[]> {
  const { virsh, run, config: { libvirt: { pool } } } = exam;
  const row = await poolRow(exam);
  const words: string[][] = [];
  if (!row) {
    const where = ["--type", "dir", "--target", IMAGES];
    words.push(["pool-define-as", pool, ...where], ["pool-build", pool]);
  }
  if (row?.State !== "active") words.push(["pool-start", pool]);
  if (row?.Autostart !== "yes") words.push(["pool-autostart", pool]);
  if (words.length === 0) return [];
  const lacks = !row
    ? "is not there"
    : row.State === "active"
    ? "does not start by itself"
    : "is not active";
  return [{
    id: "pool",
    level: "error",
    kind: "host",
    what: `the storage pool "${pool}" ${lacks}`,
    ...programs(run, words.map((one) => virsh.argv(one))),
  }];
}

export const pool: Check = {
  id: "pool",
  fine: "the storage pool is active and starts by itself",
  needs: ["libvirt"],
  examine,
};

/** Bytes below which an installation is likely to fail. */
const LEAST = 5 * 2 ** 30;

async function examineSpace(exam: Exam): Promise<Problem[]> {
  await exam.virsh.try(exam.pool.refresh());
  const { capacity, available } = await exam.pool.space();
  const little = available < LEAST;
  if (!little && available >= capacity / 10) return [];
  const name = exam.pool.name;
  return [{
    id: "space",
    level: little ? "error" : "warning",
    kind: "host",
    what: `the storage pool "${name}" has only ${humanSize(available)} of ${
      humanSize(capacity)
    } free`,
    cure: "vms-template prune && vms-cache clean",
  }];
}

export const space: Check = {
  id: "space",
  fine: "there is room for images",
  needs: ["pool"],
  examine: examineSpace,
};
