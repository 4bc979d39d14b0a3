/** Commands run from source with just the permissions that they declare. */

import type { Command } from "../lib/command/declaration.ts";
import { permissionSet } from "../lib/command/permissions.ts";

/** Arguments for Deno to run `module`, a path from the top of the project. */
export function permittedRun(
  command: Command,
  module: string,
  words: readonly string[],
): string[] {
  const { write, run, env, net, sys } = permissionSet(command);
  const flag = (name: string, list: readonly string[]) =>
    list.length > 0 ? [`--allow-${name}=${list.join(",")}`] : [];
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-read",
    ...(write === true ? ["--allow-write"] : flag("write", write)),
    ...flag("run", run),
    ...flag("env", env),
    ...flag("sys", sys),
    ...(net ? ["--allow-net"] : []),
    new URL(`../${module}`, import.meta.url).pathname,
    ...words,
  ];
}
