/** Passwords in a guest that runs, by qemu-guest-agent. */

import { Failure } from "../command/failure.ts";
import { Session } from "../libvirt/session.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { quote } from "../process/quote.ts";

/**
 * Give users of the guest the password that `hash` is of: crypt(5).
 *
 * virsh takes the hash as a word of its command line. It is typed to a virsh
 * that waits for commands, so it stands in no argv; and no trace shows it.
 */
export async function setGuestPassword(
  virsh: Virsh,
  domain: string,
  users: readonly string[],
  hash: string,
): Promise<void> {
  const words = (user: string, secret: string) =>
    ["set-user-password", "--encrypted", domain, user, secret].map(quote);
  const shown = users.map((user) => virsh.argv(words(user, "HASH")).join(" "));
  if (virsh.run.skips({ trace: shown, changes: true })) return;
  await using session = new Session(virsh.run, virsh.argv([]), virsh.local);
  const said = await session.ask(
    users.map((user) => words(user, hash).join(" ")),
  );
  for (const [i, user] of users.entries()) {
    const one = said?.[i];
    const error = /^error: (.*)/m.exec(one?.stderr ?? "")?.[1];
    if (one?.ended && error === undefined) continue;
    throw new Failure(
      "failed",
      `cannot set the password of ${user} in "${domain}"`,
      `${error ?? "virsh ended early"}; it is set when the VM starts`,
      `vms-stop ${domain}`,
    );
  }
}
