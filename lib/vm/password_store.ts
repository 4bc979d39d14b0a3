/** The store of passwords, as the settings name it. */

import type { Connection } from "../libvirt/connection.ts";
import { type PasswordStore, passwordStore } from "../password/store.ts";

export function storeOf({ virsh, config }: Connection): PasswordStore {
  const { keyring } = config.passwords;
  const uri = virsh.local ? undefined : virsh.uri;
  return passwordStore(virsh.run, { keyring, uri });
}

/** Forget the passwords of VMs that are gone; their volumes go as disks do. */
export async function forgetPasswords(
  connection: Connection,
  names: readonly string[],
): Promise<void> {
  const store = storeOf(connection);
  for (const name of names) await store.forget(name);
}
