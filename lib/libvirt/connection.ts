/** What every command that works on VMs begins with. */

import type { Context } from "../command/context.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { Session } from "./session.ts";
import { Virsh } from "./virsh.ts";
import { Pool } from "./volume.ts";

export interface Connection {
  config: Config;
  virsh: Virsh;
  /** Where images lie. */
  pool: Pool;
}

/** Read the settings; libvirt itself is first asked when it is needed. */
export async function open(context: Context): Promise<Connection> {
  const config = await loadConfig();
  const virsh = connect(context, config.libvirt.uri);
  return { config, virsh, pool: new Pool(virsh, config.libvirt.pool) };
}

/**
 * A daemon of the user's own may be started by virsh and would inherit the
 * session's environment; a system's has another.
 */
function connect({ run }: Context, uri: string): Virsh {
  const alone = new Virsh(run, uri);
  if (!/^[^:]+:\/\/[^/]*\/system(\?|$)/.test(uri)) return alone;
  return new Virsh(run, uri, new Session(run, alone.argv([]), alone.local));
}
