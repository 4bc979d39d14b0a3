/** Cloning, against a peer that copies the image, and against the copy alone. */

import { vmsClone } from "./clone.ts";
import { type Finding, times } from "./finding.ts";
import { runAll } from "./program.ts";
import { type Contender, race } from "./race.ts";
import {
  forget,
  forgetTemplate,
  IMAGES,
  madeUp,
  type Template,
} from "./world.ts";

const OURS = "bench-clone";
const FULL = "bench-full";
const PLAIN = "bench-plain";

/** Data in the image: a desktop with its programs. */
const MEGABYTES = 3072;

/** From memory to memory, and from disk to disk. */
export async function benchCopy(rounds: number): Promise<Finding[]> {
  const template = await madeUp("desktop", MEGABYTES);
  const ours = { ...vmsClone(template, [OURS]), name: "vms-clone of 3 GB" };
  const peer = virtClone(template);
  const plain = plainCopy(template);
  const files = [`${OURS}.qcow2`, `${OURS}.home.qcow2`];
  try {
    const [clone, copy, bytes, coldClone, coldCopy, coldBytes] = await race([
      ours,
      peer,
      plain,
      cold(onDisk(ours, files), template),
      cold(onDisk(peer, [`${FULL}.qcow2`]), template),
      cold(onDisk(plain, [`${PLAIN}.qcow2`]), template),
    ], Math.min(rounds, 3));
    return [
      times(copy!, clone!, { atLeast: 20 }),
      times(bytes!, clone!),
      times(coldCopy!, coldClone!, { atLeast: 20 }),
      times(coldBytes!, coldClone!),
    ];
  } finally {
    await forgetTemplate(template);
  }
}

function virtClone({ name }: Template): Contender {
  const clone = ["virt-clone", "--auto-clone", "--original", `${name}@1`];
  return {
    name: "virt-clone --auto-clone",
    work: () => runAll([[...clone, "--name", FULL]]),
    // It names the copy of the disk after the new VM.
    after: () => forget([FULL]),
  };
}

/** No VM: what a full copy of the disk costs by itself. */
function plainCopy({ image }: Template): Contender {
  const file = `${IMAGES}/${PLAIN}.qcow2`;
  return {
    name: "qemu-img convert",
    work: () => runAll([["qemu-img", "convert", "-O", "qcow2", image, file]]),
    after: () => Deno.remove(file),
  };
}

/** The same, where nothing of the image is in the host's memory. */
function cold(
  { name, work, after }: Contender,
  { image }: Template,
): Contender {
  const drop = ["dd", `if=${image}`, "iflag=nocache", "count=0", "status=none"];
  return {
    name: `${name}, disk to disk`,
    before: () => runAll([["sync"], drop]),
    work,
    after,
  };
}

/** The same, until the disk has it: a copy is quick where memory takes it. */
function onDisk({ name, work, after }: Contender, files: string[]): Contender {
  const paths = files.map((file) => `${IMAGES}/${file}`);
  return {
    name,
    async work(round) {
      await work(round);
      await runAll([["sync", "--data", ...paths]]);
    },
    after,
  };
}
