/**
 * Balloons: blown up for a moment, they press out of guests what these only
 * keep in case it is read again, and it goes back to the host. They are empty
 * again before a guest can miss anything.
 */

import { Failure } from "../command/failure.ts";
import { hostMemory } from "../host/memory.ts";
import type { Connection } from "../libvirt/connection.ts";
import { type DomainStats, readDomainStats } from "../libvirt/domain_stats.ts";
import { change, demand, look, type Virsh } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";

/** A guest that gave memory back. Bytes that QEMU holds for it. */
export interface Pressed {
  name: string;
  before: number;
  resident: number;
}

const MIB = 2 ** 20;

/** What a guest is left beside what it uses: a quarter of that, or this. */
const RESERVE = 128 * MIB;

/** No guest is left less. */
const LEAST = 256 * MIB;

/** Less is not worth it. */
const STEP = 64 * MIB;

/** Seconds in which guests must tell what they use, and give it back. */
const PATIENCE = 5;

/**
 * Press out of VMs that run what their guests do not use, where less than
 * `below` bytes are available on this host: a quarter of all, if undefined.
 *
 * Forks have no balloon, and one that was started without `autodeflate` is left
 * alone: its guest could not help itself for that moment.
 */
export async function press(
  { virsh }: Connection,
  names: readonly string[],
  below: number | undefined,
): Promise<Pressed[]> {
  if (!virsh.local) {
    const why = "the VMs run on another machine";
    const hint = "the same command by ssh there";
    throw new Failure("host", "cannot press memory out of VMs", why, hint);
  }
  const able = await withBalloon(virsh, names);
  await release(virsh, await known(virsh, able));
  const { total, available } = await hostMemory(virsh.run);
  if (available >= (below ?? total / 4)) return [];
  const before = await asked(virsh, able);
  const todo = before.flatMap((one) => {
    const target = wanted(one);
    return target !== undefined && one.memoryMax! - target >= STEP
      ? [{ ...one, target }]
      : [];
  });
  {
    await using undo = undoing();
    // Also of those that have not begun: they would, later.
    undo.add(() =>
      virsh.batch(
        todo.map(({ name, memoryMax }) => setMemory(name, memoryMax!)),
      )
    );
    await virsh.batch(todo.map((one) => setMemory(one.name, one.target)));
    if (!virsh.dryRun) await pressed(virsh, todo);
  }
  const after = await known(virsh, todo.map(({ name }) => name));
  return todo.flatMap(({ name, resident: before }) => {
    const resident = after.find((one) => one.name === name)?.resident;
    const less = before !== undefined && resident !== undefined &&
      before - resident >= MIB;
    return less ? [{ name, before, resident }] : [];
  });
}

function setMemory(name: string, bytes: number) {
  const size = `${bytes / 1024}`;
  return change(["setmem", "--live", "--domain", name, "--size", size]);
}

/** Let balloons be empty, also those that a killed process left. */
async function release(virsh: Virsh, all: readonly DomainStats[]) {
  const now = await known(virsh, all.map(({ name }) => name));
  const blown = now.filter(({ memory, memoryMax }) => memory !== memoryMax);
  await virsh.batch(
    blown.map(({ name, memoryMax }) => setMemory(name, memoryMax!)),
  );
}

/** Wait until balloons are as large as they were told, or stay as they are. */
async function pressed(
  virsh: Virsh,
  todo: readonly { name: string; target: number }[],
) {
  for (let left = PATIENCE * 4; left > 0; left--) {
    const now = await known(virsh, todo.map(({ name }) => name));
    const done = now.every(({ name, memory }) =>
      memory! <= todo.find((one) => one.name === name)!.target
    );
    if (done) return;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/**
 * What a guest is left for that moment: what it uses and a reserve. One that
 * lies harms itself, or keeps what is its own.
 *
 * @returns bytes, a multiple of 1 MiB; undefined where it does not tell.
 */
export function wanted(
  { memory, memoryMax, guest }: DomainStats,
): number | undefined {
  if (memory === undefined || memoryMax === undefined || !guest) return;
  // With `autodeflate` Linux counts what is in the balloon as used.
  const used = guest.total - guest.usable - (memoryMax - memory);
  const comfortable = used + Math.max(RESERVE, used / 4);
  const bytes = Math.ceil(comfortable / MIB) * MIB;
  return Math.min(memoryMax, Math.max(LEAST, bytes));
}

/** Those of the names that have a balloon which deflates by itself. */
async function withBalloon(
  virsh: Virsh,
  names: readonly string[],
): Promise<string[]> {
  const dumps = await virsh.batch(
    names.map((name) => look("dumpxml", "--", name)),
  );
  const pattern = /<memballoon [^>]*autodeflate='on'/;
  return names.filter((_, i) => pattern.test(dumps[i]!.stdout));
}

async function known(
  virsh: Virsh,
  names: readonly string[],
): Promise<DomainStats[]> {
  const words = ["domstats", "--raw", "--nowait", "--balloon"];
  const text = demand(
    "cannot read statistics",
    await virsh.try(look(...words)),
  );
  return readDomainStats(text).filter(({ name }) => names.includes(name));
}

/** The same, once the guests have told anew what they use. */
async function asked(
  virsh: Virsh,
  names: readonly string[],
): Promise<DomainStats[]> {
  // What they told last: nothing is changed, so they tell nothing anew.
  if (virsh.dryRun) return await known(virsh, names);
  // They tell by themselves only as long as somebody wants to know.
  const tell = (seconds: number) =>
    virsh.batch(names.map((name) =>
      change([
        ...["dommemstat", "--live", "--period", `${seconds}`],
        ...["--domain", name],
      ])
    ));
  const since = Math.floor(Date.now() / 1000);
  await tell(1);
  try {
    for (let left = PATIENCE * 2;; left--) {
      const found = (await known(virsh, names))
        .filter(({ guest }) => guest && guest.at >= since);
      if (found.length === names.length || left === 0) return found;
      await new Promise((done) => setTimeout(done, 500));
    }
  } finally {
    await tell(0);
  }
}
