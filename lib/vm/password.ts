/** Giving a VM that is there another password. */

import { agentAnswers } from "../agent/guest_agent.ts";
import { setGuestPassword } from "../agent/guest_password.ts";
import { Failure } from "../command/failure.ts";
import { credentialsName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import {
  active,
  define,
  findListed,
  getDomain,
  type Listed,
} from "../libvirt/domain.ts";
import { withCredentialsFile } from "../libvirt/edit_xml.ts";
import { hashes } from "../password/hash.ts";
import { sshKeys } from "../password/ssh_key.ts";
import { credentialsText, credentialsVolume } from "./credentials.ts";
import { isUnnamed } from "../disposable/end.ts";
import { storeOf } from "./password_store.ts";

/**
 * The VM's line, where it is one that can have a password.
 *
 * @throws {Failure} `missing` or `conflict`.
 */
export function passwordOwner(list: readonly Listed[], name: string): Listed {
  const listed = findListed([...list], name);
  if (!isUnnamed(name)) return listed;
  throw new Failure(
    "conflict",
    `"${name}" has no password`,
    "it is gone when it stops",
    `vms-keep ${name} NAME`,
  );
}

/**
 * Refuse a VM that runs and whose guest cannot be told.
 *
 * @throws {Failure} `conflict`.
 */
export async function refuseDeaf(
  { virsh }: Connection,
  { name, state }: Listed,
): Promise<void> {
  if (!active(state) || await agentAnswers(virsh, name)) return;
  throw new Failure(
    "conflict",
    `cannot change the password of "${name}"`,
    state === "running"
      ? "it runs, and its guest agent does not answer"
      : `it is ${state}`,
    state === "paused" ? `vms-resume ${name}` : `vms-stop ${name}`,
  );
}

/** The password of the VM's user and of root, from now on. */
export async function changePassword(
  connection: Connection,
  { name, state }: Listed,
  password: string,
): Promise<void> {
  const { virsh, config } = connection;
  const what = `cannot change the password of "${name}"`;
  const domain = await getDomain(virsh, name, true);
  const [hash] = await hashes(virsh.run, [password]);
  const user = domain.metadata?.user;
  const keys = await sshKeys(config.vm.ssh_keys);
  const text = credentialsText({ name, user }, { hash, keys });
  const path = await handOver(connection, name, text, what);
  const xml = withCredentialsFile(domain.xml, path);
  if (xml !== domain.xml) await virsh.must(what, define(xml));
  // Kept before the guest has it: known twice is better than by nobody.
  await storeOf(connection).write(name, password);
  if (!active(state)) return;
  const users = [...(user ? [user] : []), "root"];
  await setGuestPassword(virsh, name, users, hash!);
}

/** Write the volume, made where there is none; hand back its path. */
async function handOver(
  { virsh, pool }: Connection,
  name: string,
  text: string,
  what: string,
): Promise<string> {
  const volume = credentialsName(name);
  const volumes = await pool.volumes();
  const there = volumes.some((one) => one.name === volume);
  await virsh.mustAll(what, [
    ...(there ? [] : [pool.create(credentialsVolume(name))]),
    pool.upload(volume, text),
  ]);
  return `${await pool.directory()}/${volume}`;
}
