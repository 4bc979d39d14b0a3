/** What every command that works on VMs begins with. */

import type { Context } from "../command/context.ts";
import { type Config, loadConfig } from "../config/config.ts";
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
  const virsh = new Virsh(context.run, config.libvirt.uri);
  return { config, virsh, pool: new Pool(virsh, config.libvirt.pool) };
}
