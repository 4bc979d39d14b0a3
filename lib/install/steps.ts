/** The steps of an installation: files of guest/steps, in order. */

import { Failure } from "../command/failure.ts";
import type { Patience } from "../console/console.ts";

export interface Step {
  /** Name of its file, without `.sh`. */
  name: string;
  /** What it does, for people. */
  says: string;
  patience: Patience;
  /** Whether the disk is different after it. */
  checkpoint: boolean;
}

const MINUTE = 60_000;
/** pacman is silent while a hook works; under emulation that takes a while. */
const SILENCE = 15 * MINUTE;

function step(
  name: string,
  says: string,
  minutes = 5,
  checkpoint = true,
): Step {
  const total = minutes * MINUTE;
  const silence = Math.min(total, SILENCE);
  return { name, says, patience: { silence, total }, checkpoint };
}

const PREPARE = step("00-prepare", "prepare the live system", 10, false);

const ROOT = [
  step("10-partition", "partition the disk"),
  step("20-filesystems", "make file systems"),
  step("30-base", "install the base system", 60),
  step("40-configuration", "configure the system", 15),
  step("50-boot-loader", "install the boot loader"),
];

const RECIPE = [
  step("60-packages", "install packages", 120),
  step("65-flatpaks", "install Flatpaks", 120),
  step("70-user", "make the user"),
  step("75-files", "put files into place"),
  step("80-services", "enable services"),
];

const CLEAN_UP = step("90-clean-up", "remove identity and secrets");

/**
 * All steps for a recipe: the first ones only where there is no parent whose
 * disk has been through them. Extra steps of the recipe come before the last.
 */
export function stepsFor(
  recipe: { parent: boolean; extra: string[] },
): Step[] {
  return [
    PREPARE,
    ...(recipe.parent ? [] : ROOT),
    ...RECIPE,
    ...recipe.extra.map((name) => step(name, `run ${name} of the recipe`, 60)),
    CLEAN_UP,
  ];
}

/** Names that `--from` takes; preparing is always done. */
export function resumable(steps: Step[]): string[] {
  return steps.filter(({ name }) => name !== PREPARE.name)
    .map(({ name }) => name);
}

/**
 * The one of these that a person means, who may leave out what follows the
 * number.
 *
 * @throws {Failure} `usage` where it is none of them.
 */
export function stepNamed(names: readonly string[], word: string): string {
  const found = names.find((name) => means(word, name));
  if (found) return found;
  throw new Failure(
    "usage",
    `cannot go on from step "${word}"`,
    `the steps are ${names.join(", ")}`,
  );
}

/** What is to be done: all, or preparing and what comes from a step on. */
export function remaining(steps: Step[], from: string | undefined): Step[] {
  if (!from) return steps;
  const at = steps.findIndex(({ name }) => means(from, name));
  return [steps[0]!, ...steps.slice(at)];
}

function means(word: string, name: string): boolean {
  return name === word || name.startsWith(`${word}-`);
}
