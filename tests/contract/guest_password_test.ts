/** A hash is typed to virsh, and shown to nobody. */

import { assertEquals, assertRejects } from "@std/assert";
import { setGuestPassword } from "../../lib/agent/guest_password.ts";
import { Failure } from "../../lib/command/failure.ts";
import { Virsh } from "../../lib/libvirt/virsh.ts";
import { realRun } from "../../lib/process/run.ts";

const URI = "test:///default";
const HASH = `$6$salt$${"x".repeat(86)}`;

Deno.test("setGuestPassword() hands the hash over, and traces none", async () => {
  const traced: string[] = [];
  const log = (line: string) => traced.push(line);
  const virsh = new Virsh(realRun({ trace: true, dryRun: false, log }), URI);
  const users = ["user", "root"];
  await setGuestPassword(virsh, "test", users, HASH);
  const shown = `+ virsh -c ${URI} set-user-password --encrypted test`;
  assertEquals(traced, users.map((user) => `${shown} ${user} HASH`));
});

Deno.test("setGuestPassword() says why virsh did not", async () => {
  const run = realRun({ trace: false, dryRun: false, log: () => {} });
  const failure: Failure = await assertRejects(
    () => setGuestPassword(new Virsh(run, URI), "none", ["user"], HASH),
    Failure,
  );
  assertEquals(
    failure.message,
    'cannot set the password of user in "none": ' +
      "failed to get domain 'none'; it is set when the VM starts",
  );
});

Deno.test("setGuestPassword() asks nobody where nothing may be changed", async () => {
  const run = realRun({ trace: false, dryRun: true, log: () => {} });
  await setGuestPassword(new Virsh(run, URI), "none", ["user"], HASH);
});
