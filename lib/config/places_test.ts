import { assertEquals } from "@std/assert";
import {
  cannotLock,
  configHome,
  runtimeDirectory,
  stateHome,
} from "./places.ts";

function withEnv<T>(set: Record<string, string>, work: () => T): T {
  const before = Object.keys(set).map((key) => [key, Deno.env.get(key)]);
  try {
    for (const [key, value] of Object.entries(set)) Deno.env.set(key, value);
    return work();
  } finally {
    for (const [key, value] of before) {
      if (value === undefined) Deno.env.delete(key!);
      else Deno.env.set(key!, value);
    }
  }
}

Deno.test("configHome(), stateHome() follow XDG, else the home", () => {
  const none = { HOME: "/h", XDG_CONFIG_HOME: "", XDG_STATE_HOME: "" };
  withEnv(none, () => {
    assertEquals(configHome(), "/h/.config/vms");
    assertEquals(stateHome(), "/h/.local/state/vms");
  });
  withEnv({ XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" }, () => {
    assertEquals([configHome(), stateHome()], ["/c/vms", "/s/vms"]);
  });
});

Deno.test("runtimeDirectory() can be written to and holds locks", async () => {
  const path = await runtimeDirectory();
  assertEquals((await Deno.stat(`${path}/lock`)).isDirectory, true);
});

Deno.test("who may not use the folder of locks is told of the group, and else of what is missing", () => {
  const say = (closed: boolean) => {
    const { exit, message, hint } = cannotLock(["/run/vms", "/r/vms"], closed);
    return [exit, message, hint];
  };
  assertEquals(say(true), [
    "host",
    "cannot take locks: /run/vms is for members of the libvirt group, and closed to you",
    "vms-doctor",
  ]);
  assertEquals(say(false), [
    "host",
    "cannot take locks: none of /run/vms, /r/vms can be written to",
    "vms-doctor --repair",
  ]);
});
