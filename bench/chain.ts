/** What long chains cost: reads of what no layer has, and opening; docs/qcow2.md. */

import { type Finding, times } from "./finding.ts";
import { runAll } from "./program.ts";
import { race } from "./race.ts";
import { IMAGES, type Template } from "./world.ts";

/** Layers on the template's image. */
const LENGTHS = [1, 4, 16, 64];
const READS = 20_000;

const layer = (number: number) => `${IMAGES}/bench-chain.${number}.qcow2`;

export async function benchChain(
  { image }: Template,
  rounds: number,
): Promise<Finding[]> {
  const longest = LENGTHS.at(-1)!;
  const settings = "cluster_size=128k,extended_l2=on";
  const create = ["qemu-img", "create", "-q", "-f", "qcow2", "-o", settings];
  const numbers = Array.from({ length: longest }, (_, i) => i + 1);
  const below = (number: number) => number === 1 ? image : layer(number - 1);
  try {
    await runAll(
      numbers.map((number) =>
        [create, "-b", below(number), "-F", "qcow2", layer(number)].flat()
      ),
    );
    const read = ["qemu-img", "bench", "-f", "qcow2", "-c", `${READS}`];
    const open = ["qemu-io", "-r", "-c", "read -q 0 4k"];
    const series = await race(
      LENGTHS.flatMap((length) => [
        {
          name: `${READS} reads through ${length}`,
          work: () => runAll([[...read, "-s", "4k", layer(length)]]),
        },
        {
          name: `open ${length}`,
          work: () => runAll([[...open, layer(length)]]),
        },
      ]),
      rounds,
    );
    return series.slice(2).map((one, i) => times(one, series[i % 2]!));
  } finally {
    await runAll([["rm", "-f", ...numbers.map(layer)]]);
  }
}
