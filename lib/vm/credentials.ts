/**
 * The password and the ssh keys of a VM. The guest is given a hash, in a volume
 * beside the disks; the password itself stays with the user who made the VM.
 */

import { Failure } from "../command/failure.ts";
import { credentialsName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { hashes } from "../password/hash.ts";
import { newPassword } from "../password/password.ts";
import { sshKeys } from "../password/ssh_key.ts";
import type { Undo } from "../undo/undo.ts";
import { storeOf } from "./password_store.ts";

/** Bytes of the volume: QEMU hands the file over as long as it is. */
export const CREDENTIALS_SIZE = 16 * 1024;

/** A VM, and the user that works in it. */
export interface Entrusted {
  name: string;
  user?: string;
}

/** What VMs are given that are about to be made. */
export interface Secrets {
  /** One each, or none where none are made. */
  passwords: string[];
  /** As /etc/shadow has them. */
  hashes: string[];
  /** ssh keys of the settings. */
  keys: string[];
}

/**
 * Secrets for so many VMs. It needs nothing of libvirt, so it can be begun
 * before a VM is looked for.
 */
export async function newSecrets(
  { virsh, config }: Connection,
  count: number,
): Promise<Secrets> {
  const passwords = config.passwords.make
    ? Array.from({ length: count }, newPassword)
    : [];
  const [keys, hashed] = await Promise.all([
    sshKeys(config.vm.ssh_keys),
    hashes(virsh.run, passwords),
  ]);
  return { passwords, hashes: hashed, keys };
}

/**
 * Give new VMs their secrets, each in a volume.
 *
 * @returns true where there is something to give.
 */
export async function entrust(
  connection: Connection,
  vms: readonly Entrusted[],
  undo: Undo,
  secrets?: Secrets,
): Promise<boolean> {
  const { virsh, pool } = connection;
  const { passwords, hashes, keys } = secrets ??
    await newSecrets(connection, vms.length);
  if (passwords.length === 0 && keys.length === 0) return false;
  const volumes = vms.map(({ name }) => credentialsName(name));
  undo.add(() => virsh.batch(volumes.map((one) => pool.delete(one))));
  await virsh.mustAll(
    `cannot hand over the passwords of ${
      vms.map(({ name }) => `"${name}"`).join(", ")
    }`,
    vms.flatMap((vm, i) => [
      pool.create(credentialsVolume(vm.name)),
      pool.upload(volumes[i]!, credentialsText(vm, { hash: hashes[i], keys })),
    ]),
  );
  const store = storeOf(connection);
  for (const [i, password] of passwords.entries()) {
    undo.add(() => store.forget(vms[i]!.name));
    await store.write(vms[i]!.name, password);
  }
  return true;
}

/** The volume that holds them. */
export function credentialsVolume(vm: string) {
  const name = credentialsName(vm);
  return { name, capacity: CREDENTIALS_SIZE, format: "raw" } as const;
}

/**
 * What guest/firstboot/credentials reads: `password USER HASH` and
 * `key USER KEY`, a line each, filled up with empty lines.
 */
export function credentialsText(
  { name, user }: Entrusted,
  { hash, keys }: { hash?: string; keys: readonly string[] },
): string {
  const users = [...(user ? [user] : []), "root"];
  const lines = [
    ...(hash ? users.map((one) => `password ${one} ${hash}`) : []),
    ...keys.map((key) => `key ${users[0]} ${key}`),
  ];
  const text = lines.map((line) => `${line}\n`).join("");
  const left = CREDENTIALS_SIZE - new TextEncoder().encode(text).length;
  if (left >= 0) return text + "\n".repeat(left);
  throw new Failure(
    "usage",
    `cannot hand over the ssh keys of "${name}"`,
    `they are longer than ${CREDENTIALS_SIZE / 1024} KiB`,
  );
}
