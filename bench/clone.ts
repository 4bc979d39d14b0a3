/** Cloning, against what it stands for and against a peer. */

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
  const slow = Math.min(rounds, 3);
  const [again, full, written, fullWritten] = await race([
    ours,
    virtClone(template),
    onDisk(ours, [`${NAME}.qcow2`, `${NAME}.home.qcow2`]),
    onDisk(virtClone(template), ["bench-full.qcow2"]),
  ], slow);
  await Deno.remove(xml);
  return [
    times(clone!, bare!, { atMost: 5 }),
    times(full!, again!, { atLeast: 20 }),
    times(fullWritten!, written!),
    times({ ...twenty!, name: "20 VMs by vms-clone" }, clone!, { atMost: 10 }),
    kibibytes("bytes of a clone before it boots", [bytes], { atMost: 1024 }),
  ];
}

function vmsClone({ name: source }: Template, names: string[]): Contender {
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

function virtClone({ image }: Template): Contender {
  const original = image.slice(image.lastIndexOf("/") + 1, -".qcow2".length);
  return {
    name: "virt-clone --auto-clone",
    work: () =>
      runAll([
        [
          "virt-clone",
          "--auto-clone",
          "--original",
          original,
          "--name",
          "bench-full",
        ],
      ]),
    // It names the copy of the disk after the new VM.
    after: () => forget(["bench-full"]),
  };
}

/** The same, until the disk has it: a copy is quick where memory takes it. */
function onDisk({ name, work, after }: Contender, files: string[]): Contender {
  const paths = files.map((file) => `${IMAGES}/${file}`);
  return {
    name: `${name}, on disk`,
    async work(round) {
      await work(round);
      await runAll([["sync", "--data", ...paths]]);
    },
    after,
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
