/** A VM's screen: SPICE through libvirt, in the viewer this host has. */

import { Failure } from "../command/failure.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import type { Run } from "../process/run.ts";

/** The display of the session; undefined on a bare terminal. */
export function display(): string | undefined {
  return Deno.env.get("WAYLAND_DISPLAY") || Deno.env.get("DISPLAY") ||
    undefined;
}

/** The words that open the viewer on a domain's screen. */
export function viewerArgv(
  { uri }: Virsh,
  name: string,
  { fullScreen = false } = {},
): string[] {
  const options = fullScreen ? ["--full-screen"] : [];
  // --attach: libvirt hands over the connection, nothing listens anywhere.
  return ["virt-viewer", "--connect", uri, "--attach", ...options, "--", name];
}

/**
 * Known before a VM is started to be looked at.
 *
 * @throws {Failure} `host`, without a display.
 */
export function refuseWithoutDisplay(name: string): void {
  if (display()) return;
  throw new Failure(
    "host",
    `cannot open the screen of "${name}"`,
    "there is no display: neither WAYLAND_DISPLAY nor DISPLAY is set",
    `vms-console ${name}`,
  );
}

/**
 * Open the viewer and wait until it is closed.
 *
 * @throws {Failure} `host`, without a viewer or a display.
 */
export async function openViewer(
  run: Run,
  virsh: Virsh,
  name: string,
  options: { fullScreen?: boolean } = {},
): Promise<void> {
  refuseWithoutDisplay(name);
  // It changes nothing, but a dry run that opens a window waits for a person.
  const code = await run.attached(viewerArgv(virsh, name, options));
  if (code === 0) return;
  const what = `cannot open the screen of "${name}"`;
  throw new Failure("failed", what, `virt-viewer exited with ${code}`);
}

/**
 * Where a viewer finds the screen. SPICE listens nowhere, so that is the
 * connection to libvirt and the domain in it.
 */
export function screenUri({ uri }: Virsh, name: string): string {
  const [head, query] = uri.split("?");
  return `${head}#${name}${query ? `?${query}` : ""}`;
}
