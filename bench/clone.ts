/** Cloning, against what it stands for. */

import { type Finding, kibibytes, times } from "./finding.ts";
import { runAll } from "./program.ts";
import { type Contender, race } from "./race.ts";
import {
  allocated,
  forget,
  IMAGES,
  type Template,
  xmlOfClone,
} from "./world.ts";

const NAME = "bench-clone";
const MANY = Array.from({ length: 20 }, (_, i) => `bench-many-${i}`);

export async function benchClone(
  template: Template,
  rounds: number,
): Promise<Finding[]> {
  const ours = vmsClone(template, [NAME]);
  await ours.work(0);
  const bytes = await bytesOf(NAME);
  const xml = await Deno.makeTempFile();
  await Deno.writeTextFile(xml, await xmlOfClone(NAME, "bench-bare"));
  await forget([NAME]);
  const [clone, bare, twenty] = await race(
    [ours, bareClone(template, xml), vmsClone(template, MANY)],
    rounds,
  );
  await Deno.remove(xml);
  return [
    times(clone!, bare!, { atMost: 3 }),
    times({ ...twenty!, name: "20 VMs by vms-clone" }, clone!, { atMost: 10 }),
    kibibytes("bytes of a clone before it boots", [bytes], { atMost: 1024 }),
  ];
}

export function vmsClone(
  { name: source }: Template,
  names: string[],
): Contender {
  return {
    name: "vms-clone",
    work: () => runAll([["vms-clone", source, ...names]]),
    after: () => forget(names),
  };
}

/** One layer and one definition, though vms-clone makes a home disk as well. */
function bareClone({ image }: Template, xml: string): Contender {
  const layer = `${IMAGES}/bench-bare.qcow2`;
  const make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2"];
  return {
    name: "qemu-img create -b + virsh define",
    work: () =>
      runAll([[...make, "-b", image, layer], ["virsh", "define", xml]]),
    after: () => forget(["bench-bare"]),
  };
}

async function bytesOf(vm: string): Promise<number> {
  let bytes = 0;
  for await (const { name } of Deno.readDir(IMAGES)) {
    if (name.startsWith(`${vm}.`)) {
      bytes += await allocated(`${IMAGES}/${name}`);
    }
  }
  return bytes;
}
