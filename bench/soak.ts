/**
 * Many disposables, one after another and at once: nothing may be left of them,
 * none may be like another, and libvirtd may not grow.
 */

import { type Finding, kibibytes, milliseconds } from "./finding.ts";
import { answer, runAll } from "./program.ts";
import type { Series } from "./race.ts";
import type { Template } from "./world.ts";

/** In a row for each round; 200 in ten. */
const EACH = 20;
const AT_ONCE = 20;

/** What tells one guest from another. */
const IDENTITY = [
  "hostname",
  "cat /etc/machine-id /proc/sys/kernel/random/boot_id",
  "head -c 16 /dev/urandom | base64",
].join("; ");

export async function benchSoak(
  { name }: Template,
  rounds: number,
): Promise<Finding[]> {
  const inARow = EACH * rounds;
  await runAll([["vms-warm", "bake", name], [
    "vms-dispose",
    name,
    "--",
    "true",
  ]]);
  const before = await settled();
  const seen = new Set<string>();
  const row: Series = {
    name: `each of ${inARow} in a row`,
    wall: [],
    cpu: 0,
  };
  const grown: number[] = [];
  for (let i = 0; i < inARow; i++) {
    row.wall.push(await timed(() => identity(name, seen)));
    if (i % EACH === EACH - 1) grown.push(await memoryOfLibvirtd());
  }
  same(before, await settled());
  const many: Series = { name: `each of ${AT_ONCE} at once`, wall: [], cpu: 0 };
  many.wall.push(
    ...await Promise.all(
      Array.from({ length: AT_ONCE }, () => timed(() => identity(name, seen))),
    ),
  );
  same(before, await settled());
  // Names may come again once they are free, the others never.
  const expected = (inARow + AT_ONCE) * 3;
  if (seen.size !== expected) {
    throw new Error(`${expected - seen.size} identities came twice`);
  }
  return [
    milliseconds(row),
    milliseconds(many),
    kibibytes(`libvirtd, resident, every ${EACH}`, grown),
  ];
}

async function identity(template: string, seen: Set<string>) {
  const words = ["vms-dispose", template, "--", "sh", "-c", IDENTITY];
  const [, ...lines] = (await answer(...words)).split("\n");
  lines.forEach((line) => seen.add(line));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

interface Traces {
  domains: string;
  volumes: string;
  sockets: string;
  processes: string;
}

/** What there is, once removers have ended. */
async function settled(): Promise<Traces> {
  let now = await traces();
  for (let i = 0; i < 300 && /disp-/.test(Object.values(now).join()); i++) {
    await new Promise((done) => setTimeout(done, 200));
    now = await traces();
  }
  return now;
}

async function traces(): Promise<Traces> {
  await answer("virsh", "pool-refresh", "default");
  const [domains, volumes, sockets, processes] = await Promise.all([
    answer("virsh", "list", "--all", "--name"),
    answer("virsh", "vol-list", "default"),
    answer("find", "/run/vms", "/run/libvirt/qemu", "-name", "*disp-*"),
    answer("ps", "--no-headers", "-e", "-o", "args"),
  ]);
  const ours = processes.split("\n").filter((line) => /disp-/.test(line));
  return { domains, volumes, sockets, processes: ours.join("\n") };
}

function same(before: Traces, now: Traces) {
  for (const key of Object.keys(before) as (keyof Traces)[]) {
    if (before[key] === now[key]) continue;
    throw new Error(`left: ${key}:\n${now[key]}`);
  }
}

/** Bytes. */
async function memoryOfLibvirtd(): Promise<number> {
  const pid = (await Deno.readTextFile("/run/libvirtd.pid")).trim();
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) * 1024;
}
