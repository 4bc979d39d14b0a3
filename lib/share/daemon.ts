/** The program that serves a shared folder: share/virtiofs. */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";

const NAMES = { ro: "vms-virtiofsd-ro", rw: "vms-virtiofsd-rw" };

/** libvirt starts it, so it must be a file of the host, also when compiled. */
function directory(): string {
  return Deno.build.standalone
    ? join(Deno.execPath(), "../../lib/vms")
    : new URL("../../share/virtiofs", import.meta.url).pathname;
}

/** Its path. @throws {Failure} `host`, where it is not installed. */
export async function shareDaemon(rw: boolean): Promise<string> {
  const path = join(directory(), rw ? NAMES.rw : NAMES.ro);
  if (await Deno.stat(path).catch(() => undefined)) return path;
  throw new Failure(
    "host",
    "cannot share folders",
    `there is no ${path}`,
    "./dev install PREFIX",
  );
}

/** Whether what a domain names as its daemon lets the guest write. */
export function isWritable(daemon: string | undefined): boolean {
  return !daemon?.endsWith(`/${NAMES.ro}`);
}
