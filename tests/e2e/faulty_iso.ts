/** The ISO with a fault in it, and what an installation from it said. */

import { assertEquals } from "@std/assert";
import { run, vms } from "./vms.ts";

const SOURCE = Deno.env.get("LAB_SOURCE")!;
const ISO = "/var/lib/libvirt/iso";

/** A copy of the ISO with a fault in it; the path, to be deleted after use. */
export async function faulty(fault: string): Promise<string> {
  const good = (await vms("iso", "path")).trim();
  const out = `${ISO}/fault.iso`;
  const made = await run([`${SOURCE}/tests/lab/iso/fault`, good, fault, out]);
  assertEquals(made.code, 0, made.stderr);
  return out;
}

/** The folder with the logs of the last installation of a VM. */
export async function lastLog(vm: string): Promise<string> {
  const logs = `${Deno.env.get("HOME")}/.local/state/vms/log`;
  const names = await Array.fromAsync(Deno.readDir(logs), ({ name }) => name);
  const of = names.filter((name) => name.endsWith(`-${vm}@build`)).sort();
  return `${logs}/${of.at(-1)}`;
}

/** All that its console said. */
export async function transcript(vm: string): Promise<string> {
  return await Deno.readTextFile(`${await lastLog(vm)}/console`);
}
