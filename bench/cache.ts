/** Cache and discard modes of a layer; docs/qcow2.md. */

import { type Finding, kibibytes, times } from "./finding.ts";
import { runAll } from "./program.ts";
import { race } from "./race.ts";
import { allocated, IMAGES, type Template } from "./world.ts";

const LAYER = `${IMAGES}/bench-cache.qcow2`;

/** `cache=` of QEMU: writeback where nothing is said. */
const MODES = ["writeback", "none", "unsafe"];
const WRITES = 4000;

/** Writes between two flushes: package managers and journals sync often. */
const FLUSH = 16;

export async function benchCache(
  { image }: Template,
  rounds: number,
): Promise<Finding[]> {
  const create = [
    ["qemu-img", "create", "-q", "-f", "qcow2"],
    ["-o", "cluster_size=128k,extended_l2=on", "-b", image, "-F", "qcow2"],
    [LAYER],
  ].flat();
  const before = () => runAll([["rm", "-f", LAYER], create]);
  const write = ["qemu-img", "bench", "-w", "-f", "qcow2", "-s", "4k"];
  const many = ["-c", `${WRITES}`, `--flush-interval=${FLUSH}`];
  try {
    const [usual, ...others] = await race(
      MODES.map((mode) => ({
        name: `${WRITES} writes, a flush after each ${FLUSH}, cache=${mode}`,
        before,
        // A flush can only wait for what is one after another.
        work: () => runAll([[...write, ...many, "-d", "1", "-t", mode, LAYER]]),
      })),
      rounds,
    );
    const kept = await afterDeleting(before, "ignore", rounds);
    const given = await afterDeleting(before, "unmap", rounds);
    return [
      ...others.map((one) => times(one, usual!)),
      kibibytes("64 MiB written and deleted, discard=ignore", kept),
      kibibytes("64 MiB written and deleted, discard=unmap", given),
    ];
  } finally {
    await runAll([["rm", "-f", LAYER]]);
  }
}

/** Bytes that a layer takes up. */
async function afterDeleting(
  before: () => Promise<void>,
  mode: string,
  rounds: number,
): Promise<number[]> {
  const bytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await before();
    const words = ["-c", "write -q 0 64M", "-c", "discard -q 0 64M"];
    await runAll([["qemu-io", "-d", mode, ...words, LAYER]]);
    bytes.push(await allocated(LAYER));
  }
  return bytes;
}
