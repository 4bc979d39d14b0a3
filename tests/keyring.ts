/** A real keyring: GNOME's, on a session bus of its own. */

import { passwordStore } from "../lib/password/store.ts";
import { realRun } from "../lib/process/run.ts";
import { eventually } from "./e2e/vms.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });

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
export async function keyring() {
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
    const local = passwordStore(run, { keyring: true });
    await eventually(() => local.write("probe", "it is unlocked"));
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}
