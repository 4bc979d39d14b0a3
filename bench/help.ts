/** `--help` of every command: what a command costs before it does anything. */

import { compiled } from "./compiled.ts";
import { type Finding, milliseconds } from "./finding.ts";
import { runAll } from "./program.ts";
import { race, type Series, spread } from "./race.ts";

export async function benchHelp(rounds: number): Promise<Finding[]> {
  const names = commands();
  const programs = (await Promise.all(names.map(compiled)))
    .filter((path) => path !== undefined);
  return [
    slowest("from source", await measure(names, rounds)),
    ...programs.length > 0
      ? [slowest("compiled", await measure(programs, rounds))]
      : [],
  ];
}

async function measure(programs: string[], rounds: number) {
  const contenders = programs.map((program) => ({
    name: program.slice(program.lastIndexOf("/") + 1),
    work: () => runAll([[program, "--help"]]),
  }));
  return await race(contenders, rounds);
}

function slowest(how: string, series: Series[]): Finding {
  const median = ({ wall }: Series) => spread(wall).median;
  const worst = series.toSorted((a, b) => median(b) - median(a))[0]!;
  const name = `${worst.name} --help, slowest of ${series.length}, ${how}`;
  return milliseconds({ ...worst, name }, { atMost: 80 });
}

function commands(): string[] {
  const bin = new URL("../bin/", import.meta.url);
  return Array.from(Deno.readDirSync(bin)).map(({ name }) => name)
    .filter((name) => /^vms-[a-z]+$/.test(name)).sort();
}
