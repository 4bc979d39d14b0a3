/** A host for tests of lib/doctor: a directory in the place of /. */

import { join } from "@std/path/posix/join";
import { type Config, DEFAULTS } from "../lib/config/config.ts";
import type { Exam } from "../lib/doctor/exam.ts";
import { Virsh } from "../lib/libvirt/virsh.ts";
import { Pool } from "../lib/libvirt/volume.ts";
import { realRun, type Run } from "../lib/process/run.ts";

export interface HostSpec {
  /** Contents by path without the first slash. */
  files?: Record<string, string>;
  /** A table of calls; without it programs are run for real. */
  run?: Run;
  uid?: number;
  kernel?: string;
  sudoUser?: string;
  uri?: string;
  config?: (config: Config) => void;
}

/** Give the host to a check; it is removed with it. */
export async function examFor(
  spec: HostSpec,
): Promise<Exam & AsyncDisposable> {
  const root = await Deno.makeTempDir({ prefix: "vms-host-" });
  for (const [path, text] of Object.entries(spec.files ?? {})) {
    await Deno.mkdir(join(root, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(root, path), text);
  }
  const run = spec.run ?? realRun({ trace: false, dryRun: false, log() {} });
  const config = structuredClone(DEFAULTS);
  spec.config?.(config);
  const virsh = new Virsh(run, spec.uri ?? "qemu:///system");
  const { uid = 0, kernel = "6.12.0", sudoUser } = spec;
  return {
    run,
    config,
    virsh,
    pool: new Pool(virsh, config.libvirt.pool),
    host: { root, uid, kernel, sudoUser, now: Date.now() },
    names: [],
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}
