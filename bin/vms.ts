/** The toolkit as one program: `vms clone`, or a hard link named `vms-clone`. */

import deno from "../deno.json" with { type: "json" };
import { mainOf, type PermissionSets } from "../lib/command/multicall.ts";
import { COMMANDS } from "../share/commands.ts";

if (import.meta.main) {
  await mainOf(COMMANDS, deno.permissions as PermissionSets);
}
