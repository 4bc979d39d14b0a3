/** Memory of VMs that idle: forked, booted, and booted with a folder of the host. */

import { type Finding, kibibytes } from "./finding.ts";
import { answer, runAll } from "./program.ts";
import type { Template } from "./world.ts";

/** How many of each: to boot them takes a minute each where it is emulated. */
const BOOTED = 3;
const FORKED = 10;

/** Seconds in which they come to rest. */
const REST = 30;

export async function benchMemory({ name }: Template): Promise<Finding[]> {
  await runAll([["vms-warm", "bake", name]]);
  const forked = await idle(name, FORKED, []);
  const booted = await idle(name, BOOTED, ["--cold"]);
  const folder = `${Deno.env.get("HOME")}/bench-memory`;
  await Deno.mkdir(folder, { recursive: true });
  let shared;
  try {
    shared = await idle(name, BOOTED, ["--shares"], folder);
  } finally {
    await Deno.remove(folder);
  }
  return [
    kibibytes(`Pss of each of ${FORKED} forks`, [forked], {
      atMost: booted / 5 / 1024,
    }),
    kibibytes(`Pss of each of ${BOOTED} that booted`, [booted]),
    kibibytes(`Pss of each of ${BOOTED} with a folder by virtiofs`, [shared]),
  ];
}

/** Bytes of each. */
async function idle(
  template: string,
  count: number,
  options: string[],
  folder?: string,
): Promise<number> {
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = await answer("vms-dispose", "--detach", ...options, template);
    await runAll([["vms-exec", name, "--", "true"]]);
    if (folder) await runAll([["vms-share", name, folder]]);
    names.push(name);
  }
  await new Promise((done) => setTimeout(done, REST * 1000));
  const { vms } = JSON.parse(await answer("vms-density", "--json", ...names));
  await runAll([["vms-stop", "--force", "--timeout=0", ...names]]);
  const bytes = vms.map((
    { proportionalBytes }: { proportionalBytes: number },
  ) => proportionalBytes);
  return bytes.reduce((sum: number, one: number) => sum + one, 0) / count;
}
