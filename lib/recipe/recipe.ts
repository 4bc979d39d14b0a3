/** Recipes: TOML that says how a template is made. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { configHome } from "../config/places.ts";
import {
  flag,
  list,
  parseToml,
  type Read,
  strings,
  text,
  word,
  wrongKey,
} from "../config/toml.ts";
import { user } from "../names/guest_words.ts";
import { checkName, NAME } from "../names/names.ts";
import { SPICE_FEATURES } from "../libvirt/metadata.ts";
import { count, memory, oneOf, size } from "../names/values.ts";

const FIELDS = {
  summary: text,
  parent: word((name) => {
    checkName(name);
    return name;
  }),
  packages: list(word(package_)),
  flatpaks: list(word(flatpak)),
  flatpak_remote: text,
  services: list(word(unit)),
  user: word(user),
  autologin: flag,
  sudo_password: flag,
  launch: text,
  spice: list(word(oneOf(SPICE_FEATURES))),
  files,
  steps: list(text),
  memory: word(memory),
  vcpus: word(count),
  disk: word(size),
};

/** Contents of files by their absolute path in the guest. */
function files(value: unknown): Record<string, string> {
  const read = strings(value);
  for (const path of Object.keys(read)) {
    if (!path.startsWith("/") || path.split("/").includes("..")) {
      throw new Error(`${JSON.stringify(path)} is not an absolute path`);
    }
  }
  return read;
}

/** A recipe as it stands in its file. */
export interface Recipe extends Read<typeof FIELDS> {
  name: string;
  /** Its file. */
  path: string;
  /** The text of the file. */
  source: string;
}

function package_(name: string): string {
  if (/^[a-z0-9@_+][a-z0-9@._+-]*$/.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is not the name of a package`);
}

function flatpak(name: string): string {
  if (/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]*){0,3}$/.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is not the name of a Flatpak`);
}

function unit(name: string): string {
  if (/^[A-Za-z0-9@:_.\\-]+$/.test(name) && !name.startsWith("-")) return name;
  throw new Error(`${JSON.stringify(name)} is not the name of a unit`);
}

/** The recipes that come with the toolkit. */
const SHIPPED = new URL("../../guest/recipes/", import.meta.url).pathname;

/** The recipes of a host: what root builds, as the timer does, finds them. */
const OF_HOST = "/etc/vms/recipes";

/** Where recipes lie; one overrules those behind it. */
export function recipeDirectories(): string[] {
  return [join(configHome(), "recipes"), OF_HOST, SHIPPED];
}

/** Names of all recipes. */
export async function recipeNames(): Promise<string[]> {
  const names = new Set<string>();
  for (const directory of recipeDirectories()) {
    for (const file of await filesIn(directory)) {
      const name = file.replace(/\.toml$/, "");
      if (file.endsWith(".toml") && NAME.test(name)) names.add(name);
    }
  }
  return [...names].sort();
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map((e) => e.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Read a recipe.
 *
 * @throws {Failure} `missing`, or `usage` with file, line and key.
 */
export async function readRecipe(name: string): Promise<Recipe> {
  for (const directory of recipeDirectories()) {
    const path = join(directory, `${name}.toml`);
    let source;
    try {
      source = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    const read = await parseToml(path, source, FIELDS);
    const recipe = { name, path, source, ...read };
    await checkSteps(recipe);
    return recipe;
  }
  throw new Failure(
    "missing",
    `cannot find the recipe "${name}"`,
    `there is no ${name}.toml in ${recipeDirectories().join(" or ")}`,
    "vms-template list",
  );
}

/** Extra steps are files beside the recipe. */
async function checkSteps(recipe: Recipe) {
  for (const step of recipe.steps ?? []) {
    const path = stepPath(recipe, step);
    const there = await Deno.stat(path).catch(() => undefined);
    if (!there?.isFile) {
      throw wrongKey(recipe, "steps", `there is no file ${path}`);
    }
  }
}

/** Where an extra step of a recipe lies. */
export function stepPath(recipe: Recipe, step: string): string {
  return step.startsWith("/") ? step : join(recipe.path, "..", step);
}

/**
 * A recipe and all it rests on, the root first.
 *
 * @throws {Failure} `usage` for a parent that is missing, or a loop.
 */
export async function lineage(name: string): Promise<Recipe[]> {
  const line = [await readRecipe(name)];
  while (line[0]!.parent) {
    const child = line[0]!;
    const parent = child.parent!;
    if (line.some((recipe) => recipe.name === parent)) {
      const names = line.map(({ name }) => name).reverse();
      const loop = [...names, parent].join(" > ");
      throw wrongKey(child, "parent", `the parents form a loop: ${loop}`);
    }
    line.unshift(await readParent(child, parent));
  }
  return line;
}

/** What the last recipe that says something says. */
export function lastOf<T>(
  recipes: Recipe[],
  pick: (recipe: Recipe) => T | undefined,
): T | undefined {
  return recipes.map(pick).findLast((value) => value !== undefined);
}

async function readParent(child: Recipe, parent: string): Promise<Recipe> {
  try {
    return await readRecipe(parent);
  } catch (error) {
    if (error instanceof Failure && error.exit === "missing") {
      throw wrongKey(child, "parent", `there is no recipe "${parent}"`);
    }
    throw error;
  }
}
