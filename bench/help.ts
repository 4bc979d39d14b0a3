/**
 * `--help` of every command: what a command costs before it does anything,
 * against peers that do as little.
 */

import { compiled } from "./compiled.ts";
import { type Finding, milliseconds, times } from "./finding.ts";
import { runAll } from "./program.ts";
import { race, type Series, spread } from "./race.ts";

export async function benchHelp(rounds: number): Promise<Finding[]> {
  const names = commands();
  const programs = (await Promise.all(names.map(compiled)))
    .filter((path) => path !== undefined);
  return [
    ...await measure("from source", names, rounds),
    ...programs.length > 0 ? await measure("compiled", programs, rounds) : [],
  ];
}

/** Programs that others have in the place of ours. */
const PEERS = ["virsh", "virt-clone"];

async function measure(
  how: string,
  programs: string[],
  rounds: number,
): Promise<Finding[]> {
  const contender = (program: string, option: string) => ({
    name: `${program.slice(program.lastIndexOf("/") + 1)} ${option}`,
    work: () => runAll([[program, option]]),
  });
  const series = await race([
    ...PEERS.map((program) => contender(program, "--version")),
    ...programs.map((program) => contender(program, "--help")),
  ], rounds);
  const [peers, ours] = [
    series.slice(0, PEERS.length),
    series.slice(PEERS.length),
  ];
  const worst = slowest(how, ours);
  return [
    milliseconds(worst, { atMost: 60 }),
    ...peers.map((peer) => times(worst, peer)),
  ];
}

function slowest(how: string, series: Series[]): Series {
  const median = ({ wall }: Series) => spread(wall).median;
  const worst = series.toSorted((a, b) => median(b) - median(a))[0]!;
  const name = `${worst.name}, slowest of ${series.length}, ${how}`;
  return { ...worst, name };
}

function commands(): string[] {
  const bin = new URL("../bin/", import.meta.url);
  return Array.from(Deno.readDirSync(bin)).map(({ name }) => name)
    .filter((name) => /^vms-[a-z]+$/.test(name)).sort();
}
