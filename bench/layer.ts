/** Layers with QEMU's own settings and with ours; docs/qcow2.md. */

import { type Finding, kibibytes, times } from "./finding.ts";
import { run, runAll } from "./program.ts";
import { race } from "./race.ts";
import { allocated, IMAGES, type Template } from "./world.ts";

/** Writes of 4 KiB, each to a cluster of its own. */
const WRITES = 4000;
const LAYER = `${IMAGES}/bench-layer.qcow2`;
const SETTINGS = {
  "64k": "cluster_size=64k",
  "128k, extended_l2": "cluster_size=128k,extended_l2=on",
};

export async function benchLayer(
  { image }: Template,
  rounds: number,
): Promise<Finding[]> {
  const script = writes();
  const sizes: Record<string, number[]> = {};
  const note = async (what: string) =>
    (sizes[what] ??= []).push(await allocated(LAYER));
  const contenders = Object.entries(SETTINGS).flatMap(([name, settings]) => [
    {
      name: `create a layer, ${name}`,
      work: () => create(image, settings),
      after: async () => void await note(`empty layer, ${name}`),
    },
    {
      name: `${WRITES} writes of 4 KiB, ${name}`,
      work: async () => {
        await run(["qemu-io", "-n", LAYER], { stdin: script });
      },
      after: async () => {
        await note(`after ${WRITES} writes of 4 KiB, ${name}`);
        await Deno.remove(LAYER);
      },
    },
  ]);
  const [create64, write64, create128, write128] = await race(
    contenders,
    rounds,
  );
  return [
    times(create128!, create64!),
    times(write128!, write64!),
    ...Object.entries(sizes).map(([what, bytes]) => kibibytes(what, bytes)),
  ];
}

function create(image: string, settings: string): Promise<void> {
  const base = ["-b", image, "-F", "qcow2", "-o", settings, LAYER];
  return runAll([["qemu-img", "create", "-q", "-f", "qcow2", ...base]]);
}

/** Steps of a prime number of pages, so that no two writes are neighbours. */
function writes(): string {
  const pages = 2 * 2 ** 30 / 4096;
  return Array.from({ length: WRITES }, (_, i) => {
    const at = (i * 130_307) % pages;
    return `write -q ${at * 4096} 4k\n`;
  }).join("");
}
