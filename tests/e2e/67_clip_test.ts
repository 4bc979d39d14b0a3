/** VMs with screens that were forked, and copy and paste between them. */

import { assertEquals, assertMatch } from "@std/assert";
import { openViewer, showsScreenOf, withDisplay } from "./screen.ts";
import {
  alice,
  eventually,
  fails,
  inGuest,
  run,
  virsh,
  vms,
  volumes,
} from "./vms.ts";

/** Runs a program as the VM's user, on its screen. */
async function onScreen(vm: string, ...argv: string[]): Promise<string> {
  const user = ["runuser", "-u", "user", "--"];
  const env = ["env", "HOME=/home/user", "DISPLAY=:0"];
  return await inGuest(vm, ...user, ...env, ...argv);
}

/** Somebody marks and copies in a VM. */
async function copied(vm: string, text: string, type = "UTF8_STRING") {
  const words = ["systemd-run", "--collect", "--uid=user"];
  const file = `/tmp/copied-${crypto.randomUUID()}`;
  await inGuest(vm, "sh", "-c", 'printf %b "$1" > "$2"', "sh", text, file);
  await inGuest(
    vm,
    ...words,
    "--setenv=DISPLAY=:0",
    "--",
    ...["xclip", "-quiet", "-i", "-selection", "clipboard"],
    ...["-target", type, file],
  );
  await eventually(async () => {
    const asked = ["xclip", "-o", "-selection", "clipboard"];
    const targets = await onScreen(vm, ...asked, "-t", "TARGETS");
    assertEquals(targets.includes(type), true);
  });
}

const pasted = (vm: string) =>
  onScreen(vm, "xclip", "-o", "-selection", "clipboard");

Deno.test("a disposable goes on from a frozen screen, by its own name", async () => {
  await vms("warm", "bake", "gui");
  const name = (await vms("dispose", "--detach", "gui")).trim();
  // The session that was frozen; and a new program gets into it.
  await inGuest(name, "pgrep", "-x", "i3bar");
  assertMatch(await onScreen(name, "xrandr"), / connected primary/);
  assertEquals(await inGuest(name, "hostname"), name);
  await withDisplay(async (display) => {
    const viewer = openViewer(display, name);
    await showsScreenOf(display, name);
    await viewer.close();
  });
  await vms("stop", "--force", "--timeout=0", name);
});

Deno.test("vms-clip: from one VM to another, once", async () => {
  // Forks as well, whose session begins anew: it is that of their own home.
  await vms("clone", "--start", "gui", "clip-a", "clip-b");
  for (const vm of ["clip-a", "clip-b"]) {
    await eventually(async () => {
      await inGuest(vm, "pgrep", "-x", "i3bar");
    }, 300);
  }
  await copied("clip-a", "secret \\033[31mword\\n");
  await vms("clip", "copy", "--ttl=10m", "clip-a");
  assertEquals(await vms("clip", "list"), "clip-a\n");
  await fails(4, "it was copied from there", "clip", "paste", "clip-a");
  await vms("clip", "paste", "clip-b");
  assertEquals(await vms("clip", "list"), "");
  await fails(4, "nothing was copied", "clip", "paste", "clip-b");
  assertEquals(await pasted("clip-b"), "secret [31mword");
  const again = await run(["vms-clip", "copy", "clip-b"]);
  assertEquals(again.code, 4, again.stderr);
  assertEquals(again.stderr.includes("there is no text"), true, again.stderr);
});

Deno.test("vms-clip: what is not pasted in time is gone", async () => {
  await vms("clip", "copy", "--ttl=10m", "clip-a");
  await vms("clip", "paste", "--ttl=30s", "clip-b");
  await eventually(async () => {
    const units = await inGuest("clip-b", "systemctl", "list-units", "--plain");
    assertEquals(units.includes("vms-clip-"), false);
  });
  await fails(4, "there is no text", "clip", "copy", "clip-b");
  await vms("clip", "copy", "--ttl=1s", "clip-a");
  await eventually(async () => assertEquals(await vms("clip", "list"), ""));
});

Deno.test("vms-clip log tells who gave what to whom, never what", async () => {
  const lines = (await vms("clip", "log", "--json")).trim().split("\n")
    .map((line) => JSON.parse(line));
  const { action, source, target, bytes } = lines[1];
  assertEquals([action, source, target, bytes], [
    "paste",
    "clip-a",
    "clip-b",
    16,
  ]);
  assertEquals(JSON.stringify(lines).includes("secret"), false);
});

Deno.test("vms-clip works as an ordinary user, who has a store of her own", async () => {
  await copied("clip-a", "hers\\n");
  const copy = await alice("vms-clip", "copy", "--ttl=10m", "clip-a");
  assertEquals(copy.code, 0, copy.stderr);
  assertEquals(await vms("clip", "list"), "");
  const list = await alice("vms-clip", "list");
  assertEquals(list.stdout, "clip-a\n");
  const paste = await alice("vms-clip", "paste", "clip-b");
  assertEquals(paste.code, 0, paste.stderr);
  assertEquals(await pasted("clip-b"), "hers");
  const again = await alice("vms-clip", "paste", "clip-b");
  assertEquals(again.code, 4, again.stderr);
});

Deno.test("vms-clip refuses what is too large, and a VM without a screen", async () => {
  await fails(
    4,
    "it is larger than 4 B",
    "clip",
    "copy",
    "--limit=4",
    "clip-a",
  );
  await fails(4, "there is no picture", "clip", "copy", "--image", "clip-b");
  await vms("stop", "--force", "--timeout=0", "clip-b");
  await fails(4, "it is off", "clip", "copy", "clip-b");
  await fails(3, "no VM has that name", "clip", "copy", "nobody");
  await fails(6, "neither WAYLAND_DISPLAY nor", "clip", "copy", "--host");
});

Deno.test("SPICE carries no clipboard and no files", async () => {
  const xml = await virsh("dumpxml", "clip-a");
  assertEquals(xml.includes("<clipboard copypaste='no'/>"), true);
  assertEquals(xml.includes("<filetransfer enable='no'/>"), true);
  await vms("destroy", "--force", "clip-a", "clip-b");
  await vms("warm", "drop", "gui@1");
  const frozen = (await volumes()).filter((name) => name.includes(".warm-"));
  assertEquals(frozen, []);
});
