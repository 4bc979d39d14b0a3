/** Passwords in a real keyring: GNOME's, on a session bus of its own. */

import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/command/failure.ts";
import { passwordStore } from "../../lib/password/store.ts";
import { realRun } from "../../lib/process/run.ts";
import { eventually } from "../e2e/vms.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const local = passwordStore(run, { keyring: true });

/**
 * A bus that starts nothing by itself: a second daemon, started by a call that
 * came early, would hold no keyring.
 */
const bus = (path: string) =>
  `<busconfig>
  <type>session</type>
  <listen>unix:path=${path}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

function spawn(
  program: string,
  args: string[],
  options: Deno.CommandOptions = {},
) {
  return new Deno.Command(program, {
    args,
    stdout: "null",
    stderr: "null",
    ...options,
  }).spawn();
}

/** A session bus with an unlocked keyring on it, for as long as it is used. */
async function keyring() {
  const home = await Deno.makeTempDir();
  const kept = ["DBUS_SESSION_BUS_ADDRESS", "XDG_DATA_HOME"] as const;
  const before = kept.map((name) => Deno.env.get(name));
  await Deno.writeTextFile(`${home}/bus.conf`, bus(`${home}/bus`));
  const children = [
    spawn("dbus-daemon", ["--nofork", `--config-file=${home}/bus.conf`]),
  ];
  Deno.env.set(kept[0], `unix:path=${home}/bus`);
  Deno.env.set(kept[1], home);
  const session = {
    async [Symbol.asyncDispose]() {
      for (const child of children.toReversed()) {
        try {
          child.kill("SIGTERM");
        } catch {
          // It has ended already, which is why the test failed.
        }
        await child.status;
      }
      kept.forEach((name, i) => {
        if (before[i] === undefined) Deno.env.delete(name);
        else Deno.env.set(name, before[i]);
      });
      await Deno.remove(home, { recursive: true });
    },
  };
  try {
    await eventually(async () => void await Deno.lstat(`${home}/bus`));
    const daemon = spawn("gnome-keyring-daemon", [
      "--foreground",
      "--unlock",
      "--components=secrets",
    ], {
      env: { XDG_RUNTIME_DIR: home },
      stdin: "piped",
    });
    children.push(daemon);
    await new Blob(["unlocked"]).stream().pipeTo(daemon.stdin!);
    await eventually(() => local.write("probe", "it is unlocked"));
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

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
