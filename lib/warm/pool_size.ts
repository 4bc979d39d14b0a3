/**
 * How many spares a user wants, by template: `pool.toml` beside the settings,
 * `gui = 2`. vms-pool writes it.
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { configHome } from "../config/places.ts";
import { NAME } from "../names/names.ts";

/** More than anybody asks for at once. */
const MOST = 50;

function path(): string {
  return join(configHome(), "pool.toml");
}

/** Empty where there is none. @throws {Failure} `usage`, naming the line. */
export async function poolSizes(): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const text = await Deno.readTextFile(path()).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = "", number] = /^\s*(\S+)\s*=\s*([0-9]{1,2})\s*$/
      .exec(line) ?? [];
    if (!NAME.test(name) || Number(number) > MOST) {
      const what = `cannot read ${path()}`;
      const why = `line ${i + 1} is not TEMPLATE = 0 to ${MOST}`;
      throw new Failure("usage", what, why, "vms-pool set TEMPLATE N");
    }
    sizes.set(name, Number(number));
  }
  return sizes;
}

/** None where it is 0. */
export async function setPoolSize(template: string, size: number) {
  if (size > MOST) {
    const what = `cannot keep ${size} VMs ready`;
    throw new Failure("usage", what, `${MOST} are the most`);
  }
  const sizes = await poolSizes();
  if (size > 0) sizes.set(template, size);
  else sizes.delete(template);
  const lines = [...sizes].sort().map(([name, n]) => `${name} = ${n}\n`);
  await Deno.mkdir(configHome(), { recursive: true });
  const fresh = `${path()}.new`;
  await Deno.writeTextFile(fresh, lines.join(""));
  await Deno.rename(fresh, path());
}
