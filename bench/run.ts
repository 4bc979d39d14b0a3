/**
 * Measures vms against what it stands for and against its peers, on this
 * machine, in the lab:
 * `./dev bench [--json] [--rounds N] [--chart FILE] [NAME...]`.
 */

import { parseArgs } from "@std/cli/parse-args";
import { benchBoot } from "./boot.ts";
import { benchCache } from "./cache.ts";
import { benchChain } from "./chain.ts";
import { bars, chart } from "./chart.ts";
import { benchClone } from "./clone.ts";
import { benchCopy } from "./copy.ts";
import { type Finding, kept, table } from "./finding.ts";
import { benchHelp } from "./help.ts";
import { benchLayer } from "./layer.ts";
import { benchList } from "./list.ts";
import { benchDispose, WAYS } from "./dispose.ts";
import { benchInside } from "./inside.ts";
import { describe, machine } from "./machine.ts";
import { benchMany } from "./many.ts";
import { benchMemory } from "./memory.ts";
import { benchSoak } from "./soak.ts";
import { IMAGES, type Template, template } from "./world.ts";

const BENCHMARKS: Record<
  string,
  (template: Template, rounds: number) => Promise<Finding[]>
> = {
  clone: benchClone,
  copy: (_, rounds) => benchCopy(rounds),
  list: benchList,
  help: (_, rounds) => benchHelp(rounds),
  layer: benchLayer,
  chain: benchChain,
  cache: benchCache,
  // Minutes, where the processor is emulated.
  boot: (template, rounds) => benchBoot(template, Math.min(rounds, 3)),
  dispose: benchDispose,
  memory: benchMemory,
  inside: benchInside,
  many: benchMany,
  soak: benchSoak,
};

/** Those that something must boot for. */
const BOOTS = ["boot", "dispose", "memory", "inside", "many", "soak"];

interface Options {
  rounds: number;
  json: boolean;
  /** File for the chart of disposables. */
  chart?: string;
}

async function bench(names: string[], options: Options) {
  const { rounds, json } = options;
  const on = await template();
  const it = await machine(IMAGES);
  const findings: Finding[] = [];
  const left: string[] = [];
  for (const name of names) {
    if (BOOTS.includes(name) && !on.boots) {
      left.push(`${name}: left out, the lab has no template minimal`);
      continue;
    }
    console.error(`bench: ${name}`);
    try {
      const found = await BENCHMARKS[name]!(on, rounds);
      findings.push(...found);
      if (name === "dispose" && options.chart !== undefined) {
        await draw(found, options.chart);
      }
    } catch (error) {
      // What the others found is not lost for it.
      left.push(
        `${name}: failed: ${error instanceof Error ? error.message : error}`,
      );
      Deno.exitCode = 1;
    }
  }
  if (json) {
    const all = findings.map((one) => ({ ...one, kept: kept(one) }));
    const report = { machine: it, template: on, rounds, findings: all, left };
    console.log(JSON.stringify(report));
  } else {
    const about = `clones of ${on.name}, ${rounds} rounds; ranges over rounds`;
    console.log([...describe(it), about, "", ...table(findings)].join("\n"));
    if (left.length > 0) console.log(`\n${left.join("\n")}`);
  }
}

async function draw(findings: readonly Finding[], file: string) {
  const title = "A disposable, to the first output of a command in it";
  const svg = chart(bars(findings, WAYS), title);
  await Deno.writeTextFile(file, `${svg}\n`);
}

const words = parseArgs(Deno.args, {
  boolean: ["json"],
  string: ["rounds", "chart"],
});
const names: string[] = words._.length > 0 ? words._ : Object.keys(BENCHMARKS);
const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
const rounds = Number(words.rounds ?? 10);
if (unknown !== undefined || !(rounds >= 1)) {
  const known = Object.keys(BENCHMARKS).join(" ");
  const options = "[--json] [--rounds N] [--chart FILE]";
  console.error(`usage: ./dev bench ${options} [${known}]`);
  Deno.exit(2);
}
if (words.chart !== undefined && !names.includes("dispose")) {
  console.error("bench: the chart is of dispose, which is not measured");
  Deno.exit(2);
}
if (!Deno.env.has("LAB_SOURCE")) {
  console.error("bench: it makes and deletes VMs, so it runs in the lab alone");
  console.error("bench: try: ./dev bench");
  Deno.exit(6);
}
await bench(names, { rounds, json: words.json === true, chart: words.chart });
// A session with virsh would keep it here.
Deno.exit();
