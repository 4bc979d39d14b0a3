/** The seed: the directory from which an installation is run in the guest. */

import { join } from "@std/path/posix/join";
import { agentFiles } from "../agent/files.ts";
import { type Recipe, stepPath } from "../recipe/recipe.ts";

/** What the steps are told, beside the recipe. */
export interface GuestSettings {
  user: string;
  timezone: string;
  locale: string;
  keymap: string;
}

const GUEST = new URL("../../guest/", import.meta.url).pathname;
const FLATHUB = "https://dl.flathub.org/repo/flathub.flatpakrepo";

/**
 * Write guest/ and the data of one installation below `directory`.
 *
 * `recipes` are done on top of each other; the last one names what is
 * launched. Returns the names of their extra steps.
 */
export async function writeSeed(
  directory: string,
  recipes: Recipe[],
  settings: GuestSettings,
): Promise<string[]> {
  for (const part of ["steps", "firstboot"]) {
    await copyTree(join(GUEST, part), join(directory, "guest", part));
  }
  for (const file of ["lib.sh", "run-step"]) {
    await copyFile(join(GUEST, file), join(directory, "guest", file));
  }
  await writeAgent(join(directory, "guest/agent"));
  await writeData(join(directory, "data"), recipes, settings);
  for (const recipe of recipes) {
    await writeFiles(join(directory, "files"), recipe.files ?? {});
  }
  return await writeExtraSteps(join(directory, "extra"), recipes);
}

async function writeAgent(directory: string) {
  await Deno.mkdir(join(directory, "smol-toml"), { recursive: true });
  for (const [path, content] of (await agentFiles()).files) {
    await Deno.writeFile(join(directory, path), content);
  }
}

async function writeData(
  directory: string,
  recipes: Recipe[],
  settings: GuestSettings,
) {
  const all = (pick: (recipe: Recipe) => string[] | undefined) => [
    ...new Set(recipes.flatMap((recipe) => pick(recipe) ?? [])),
  ];
  const last = <T>(pick: (recipe: Recipe) => T | undefined) =>
    recipes.map(pick).findLast((value) => value !== undefined);
  const data: Record<string, string | string[] | undefined> = {
    ...settings,
    packages: all((recipe) => recipe.packages),
    flatpaks: all((recipe) => recipe.flatpaks),
    "flatpak-remote": last((recipe) => recipe.flatpak_remote) ?? FLATHUB,
    services: all((recipe) => recipe.services),
    autologin: last((recipe) => recipe.autologin) ? "yes" : "no",
    "sudo-password": last((recipe) => recipe.sudo_password) ? "yes" : "no",
    launch: last((recipe) => recipe.launch),
  };
  await Deno.mkdir(directory, { recursive: true });
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined) continue;
    const lines = Array.isArray(value) ? value : [value];
    await Deno.writeTextFile(
      join(directory, name),
      lines.map((line) => `${line}\n`).join(""),
    );
  }
}

async function writeFiles(directory: string, files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    const place = join(directory, path);
    await Deno.mkdir(join(place, ".."), { recursive: true });
    await Deno.writeTextFile(place, text);
  }
}

async function writeExtraSteps(
  directory: string,
  recipes: Recipe[],
): Promise<string[]> {
  const names: string[] = [];
  for (const recipe of recipes) {
    for (const path of recipe.steps ?? []) {
      const number = 81 + names.length;
      const name = `${number}-${path.split("/").at(-1)!.replace(/\.sh$/, "")}`;
      await Deno.mkdir(directory, { recursive: true });
      await copyFile(stepPath(recipe, path), join(directory, name));
      names.push(name);
    }
  }
  return names;
}

async function copyTree(from: string, to: string) {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    await copyFile(join(from, entry.name), join(to, entry.name));
  }
}

/** By reading: in the compiled toolkit guest/ is inside the executable. */
async function copyFile(from: string, to: string) {
  await Deno.writeFile(to, await Deno.readFile(from));
}
