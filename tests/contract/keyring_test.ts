/** Passwords in a real keyring. */

import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/command/failure.ts";
import { passwordStore } from "../../lib/password/store.ts";
import { realRun } from "../../lib/process/run.ts";
import { keyring } from "../keyring.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const local = passwordStore(run, { keyring: true });

Deno.test("a keyring keeps passwords, each under its VM and host, until they are forgotten", async () => {
  await using _session = await keyring();
  const uri = "qemu+ssh://root@example/system";
  const away = passwordStore(run, { keyring: true, uri });
  assertEquals(await local.read("web"), undefined);
  await local.write("web", "here");
  await away.write("web", "away äöü");
  assertEquals(await local.read("web"), "here");
  assertEquals(await away.read("web"), "away äöü");
  assertEquals(await local.read("we"), undefined);
  await local.write("web", "anew");
  assertEquals(await local.read("web"), "anew");
  await local.forget("web");
  assertEquals(await local.read("web"), undefined);
  assertEquals(await away.read("web"), "away äöü");
});

Deno.test("a keyring that nobody runs is an error that says what to do", async () => {
  const before = Deno.env.get("DBUS_SESSION_BUS_ADDRESS");
  Deno.env.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
  try {
    const failure = await assertRejects(() => local.read("web"), Failure);
    assertEquals(failure.exit, "host");
    assertEquals(/cannot use the keyring/.test(failure.message), true);
  } finally {
    if (before === undefined) Deno.env.delete("DBUS_SESSION_BUS_ADDRESS");
    else Deno.env.set("DBUS_SESSION_BUS_ADDRESS", before);
  }
});
