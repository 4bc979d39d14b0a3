/** Measuring contenders turn about, so that what else the machine does hits all of them alike. */

export interface Contender {
  name: string;
  /** Makes what the work needs; not timed. */
  before?: () => Promise<void>;
  /** What is timed. */
  work: (round: number) => Promise<void>;
  /** Takes back what the work left; not timed. */
  after?: (round: number) => Promise<void>;
}

export interface Series {
  name: string;
  /** Milliseconds of wall time, by round. */
  wall: number[];
  /** Mean milliseconds of CPU time of the programs, not of libvirtd. */
  cpu: number;
}

/** One round to warm up, then `rounds` that count. */
export async function race(
  contenders: Contender[],
  rounds: number,
): Promise<Series[]> {
  const series = contenders.map(({ name }) => ({
    name,
    wall: [] as number[],
    cpu: 0,
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { before, work, after }] of contenders.entries()) {
      await before?.();
      const { wall, cpu } = await timed(() => work(round));
      await after?.(round);
      if (round === 0) continue;
      series[i]!.wall.push(wall);
      series[i]!.cpu += cpu / rounds;
    }
  }
  return series;
}

async function timed(work: () => Promise<void>) {
  const cpu = cpuOfChildren();
  const began = performance.now();
  await work();
  const wall = performance.now() - began;
  return { wall, cpu: cpuOfChildren() - cpu };
}

/** Milliseconds, in steps of 10, of all children that have ended; proc(5). */
function cpuOfChildren(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    least: sorted[0]!,
    most: sorted.at(-1)!,
  };
}

/** Round by round, because both ran in the same weather. */
export function ratio(a: Series, b: Series): Spread {
  return spread(a.wall.map((ms, round) => ms / b.wall[round]!));
}
