/** Mounting shared folders in a VM, by its agent. */

import { Failure } from "../command/failure.ts";
import { plainText } from "../names/plain_text.ts";

/** What a program in the guest left. */
interface Ran {
  code: number;
  stdout: Uint8Array;
  stderr: Uint8Array;
}

/** Runs a program in the guest, as root. */
export type GuestProgram = (
  argv: readonly string[],
  options: { root: true; seconds: number },
) => Promise<Ran>;

/** Seconds until a device that was plugged in must be there. */
const PATIENCE = 30;

/** No options of mount(8) but these: nothing from the host is setuid in there. */
const OPTIONS = { ro: "ro,nosuid,nodev", rw: "rw,nosuid,nodev" };

/** Mount the device that has the path as its tag. */
export async function mountShare(
  inGuest: GuestProgram,
  { vm, path, rw }: { vm: string; path: string; rw: boolean },
  patience = PATIENCE,
): Promise<void> {
  const what = `cannot mount ${path} in "${vm}"`;
  await must(inGuest, what, ["/usr/bin/mkdir", "-p", "--", path]);
  const options = rw ? OPTIONS.rw : OPTIONS.ro;
  const argv = [
    "/usr/bin/mount",
    "-t",
    "virtiofs",
    "-o",
    options,
    "--",
    path,
    path,
  ];
  const end = performance.now() + patience * 1000;
  // The guest needs a moment to see the device.
  for (;;) {
    const ran = await inGuest(argv, { root: true, seconds: PATIENCE });
    if (ran.code === 0) return;
    if (performance.now() > end) throw failure(what, ran);
    await new Promise((done) => setTimeout(done, 250));
  }
}

/**
 * Unmount it; one that is not mounted is fine.
 *
 * @throws {Failure} `conflict`, where something in the VM uses it.
 */
export async function unmountShare(
  inGuest: GuestProgram,
  { vm, path }: { vm: string; path: string },
): Promise<void> {
  const options = { root: true, seconds: PATIENCE } as const;
  const there = await inGuest(
    ["/usr/bin/mountpoint", "-q", "--", path],
    options,
  );
  if (there.code !== 0) return;
  const ran = await inGuest(["/usr/bin/umount", "--", path], options);
  if (ran.code === 0) return;
  const what = `cannot unmount ${path} in "${vm}"`;
  throw failure(what, ran, `vms-share remove --force ${vm} ${path}`);
}

async function must(inGuest: GuestProgram, what: string, argv: string[]) {
  const ran = await inGuest(argv, { root: true, seconds: PATIENCE });
  if (ran.code !== 0) throw failure(what, ran);
}

function failure(what: string, { code, stderr }: Ran, hint?: string): Failure {
  const said = new TextDecoder().decode(stderr).trim().split("\n")[0] ?? "";
  const why = plainText(said, 200) || `it exited with ${code}`;
  return new Failure("conflict", what, why, hint);
}
