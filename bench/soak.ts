/**
 * Many disposables, one after another and at once: nothing may be left of them,
 * none may be like another, and libvirtd may not grow.
 */

import { files, type Finding, kibibytes, milliseconds } from "./finding.ts";
import { answer, runAll } from "./program.ts";
import type { Series } from "./race.ts";
import type { Template } from "./world.ts";

/** In a row for each round; 200 in ten. */
const EACH = 20;
const AT_ONCE = 20;

/** What tells one guest from another, beside its name, which comes again. */
const IDENTITY = [
  "cat /etc/machine-id /proc/sys/kernel/random/boot_id",
  "head -c 16 /dev/urandom | base64",
];

/** The same of one that has a key of its own and a network card: not timed. */
const KEY = "/etc/ssh/ssh_host_ed25519_key";
const WHOLE = [
  ...IDENTITY,
  `[ -e ${KEY} ] || sudo ssh-keygen -qt ed25519 -N '' -f ${KEY}`,
  `cut -d' ' -f2 ${KEY}.pub`,
  "until cat /sys/class/net/e*/address 2>/dev/null; do sleep 0.1; done",
];

/**
 * Most that libvirtd may grow by for 100 disposables: with a hundred each day
 * that is less than 1 GiB in a year.
 */
const GROWTH = { disposables: 100, kibibytes: 2048 };

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
  const opened = openFiles();
  const seen: string[] = [];
  const row: Series = {
    name: `each of ${inARow} in a row`,
    wall: [],
    cpu: 0,
  };
  const grown: number[] = [];
  for (let i = 0; i < inARow; i++) {
    row.wall.push(await timed(() => identity(name, IDENTITY, 3, seen)));
    if (i % EACH !== EACH - 1) continue;
    grown.push(memoryOfLibvirtd());
    await identity(name, WHOLE, 5, seen);
  }
  same(before, await settled());
  const many: Series = { name: `each of ${AT_ONCE} at once`, wall: [], cpu: 0 };
  many.wall.push(
    ...await Promise.all(
      Array.from(
        { length: AT_ONCE },
        () => timed(() => identity(name, IDENTITY, 3, seen)),
      ),
    ),
  );
  same(before, await settled());
  const twice = seen.length - new Set(seen).size;
  if (twice > 0) throw new Error(`${twice} identities came twice`);
  const more = openFiles() - opened;
  return [
    milliseconds(row),
    milliseconds(many),
    kibibytes(`libvirtd, resident, every ${EACH}`, grown),
    ...growth(grown),
    // One that is not closed would be one for each disposable.
    files("libvirtd, open, more than before", [more], { atMost: rounds }),
  ];
}

/** None where there were too few to tell. */
function growth(grown: number[]): Finding[] {
  if (grown.length < 2) return [];
  const { disposables, kibibytes: most } = GROWTH;
  const each = (grown.at(-1)! - grown[0]!) / (grown.length - 1) / EACH;
  const what = `libvirtd, more for each ${disposables}`;
  return [kibibytes(what, [each * disposables], { atMost: most })];
}

/** Collect the lines that the commands print, so many. */
async function identity(
  template: string,
  script: string[],
  count: number,
  seen: string[],
) {
  const words = ["vms-dispose", template, "--", "sh", "-c", script.join("; ")];
  const lines = (await answer(...words)).split("\n");
  if (lines.length !== count) throw new Error(`it said ${lines.join(", ")}`);
  seen.push(...lines);
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

/** Its files below /proc. */
function libvirtd(): string {
  return `/proc/${Deno.readTextFileSync("/run/libvirtd.pid").trim()}`;
}

function openFiles(): number {
  return [...Deno.readDirSync(`${libvirtd()}/fd`)].length;
}

/** Bytes. */
function memoryOfLibvirtd(): number {
  const status = Deno.readTextFileSync(`${libvirtd()}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) * 1024;
}
