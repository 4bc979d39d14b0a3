/** Connecting to a domain's serial console. */

import type { Virsh } from "../libvirt/virsh.ts";
import type { Run, Talk } from "../process/run.ts";

/**
 * Connect by `virsh console`, which works for members of the libvirt group and
 * over ssh alike. It wants a terminal: script(1) gives it one. The words come
 * by the environment, so no shell text is built.
 */
export function connect(run: Run, virsh: Virsh, domain: string): Talk {
  const command = 'exec virsh -c "$VMS_URI" console --force -- "$VMS_DOMAIN"';
  return run.talk(
    ["script", "--quiet", "--return", "--flush", "-c", command, "/dev/null"],
    { env: { VMS_URI: virsh.uri, VMS_DOMAIN: domain, SHELL: "/bin/sh" } },
  );
}

/** What virsh prints before the guest's own bytes. */
export const CONNECTED = /Escape character is \^\] \(Ctrl \+ \]\)\n/;
