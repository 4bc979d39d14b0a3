/** Where files land that a VM was asked for, if no other place was named. */

import { join } from "@std/path/posix/join";
import { home } from "../config/places.ts";

/** A folder per VM. */
export function incomingFolder(vm: string): string {
  const data = Deno.env.get("XDG_DATA_HOME") || join(home(), ".local/share");
  return join(data, "vms/incoming", vm);
}

/** The same, for nobody else to read; made where it is not there. */
export async function incoming(vm: string): Promise<string> {
  const path = incomingFolder(vm);
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
