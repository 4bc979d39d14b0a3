/** VMs with screens that were forked, and copy and paste between them. */

import { assertEquals, assertMatch } from "@std/assert";
import { cleanPng } from "../../lib/clipboard/png.ts";
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

const bytes = (text: string) => new TextEncoder().encode(text);

/** Somebody marks and copies in a VM. */
async function copied(
  vm: string,
  content: Uint8Array,
  type = "UTF8_STRING",
) {
  const words = ["systemd-run", "--collect", "--uid=user"];
  const file = `/tmp/copied-${crypto.randomUUID()}`;
  const write = 'printf %s "$1" | base64 -d > "$2"';
  await inGuest(vm, "sh", "-c", write, "sh", content.toBase64(), file);
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
  await copied("clip-a", bytes("secret \x1b[31mword\n"));
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
  const first = lines.find(({ action }) => action === "paste");
  assertEquals([first.source, first.target, first.bytes], [
    "clip-a",
    "clip-b",
    16,
  ]);
  assertEquals(JSON.stringify(lines).includes("secret"), false);
});

/** A picture with a comment in it. */
async function drawn(): Promise<Uint8Array> {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  try {
    const argv = ["convert", "-size", "16x9", "gradient:red-blue"];
    const ran = await run([...argv, "-set", "comment", "mine", path]);
    assertEquals(ran.code, 0, ran.stderr);
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("vms-clip: a picture from one VM to another, without what is around it", async () => {
  const picture = await drawn();
  const clean = cleanPng(picture);
  assertEquals(
    new TextDecoder("latin1").decode(picture).includes("mine"),
    true,
  );
  assertEquals(clean.length < picture.length, true);
  await copied("clip-a", picture, "image/png");
  await vms("clip", "copy", "--image", "clip-a");
  await vms("clip", "paste", "clip-b");
  const read = "xclip -o -selection clipboard -t image/png | base64 -w 0";
  const text = await onScreen("clip-b", "sh", "-c", read);
  assertEquals(Uint8Array.fromBase64(text), clean);
  await fails(4, "there is no picture", "clip", "copy", "--image", "clip-b");
});

Deno.test("vms-clip --host: from a VM to this host and back, once", () =>
  withDisplay(async (display) => {
    const env = { DISPLAY: display };
    const onHost = async (...argv: string[]) => {
      const ran = await run(argv, { env });
      assertEquals(ran.code, 0, `${argv.join(" ")}\n${ran.stderr}`);
      return ran.stdout;
    };
    const read = ["xclip", "-o", "-selection", "clipboard"];
    await copied("clip-a", bytes("to the host\n"));
    await vms("clip", "copy", "clip-a");
    await onHost("vms-clip", "paste", "--host");
    assertEquals(await onHost(...read), "to the host\n");
    await eventually(async () => {
      assertEquals((await run(read, { env })).code, 1);
    });
    const write = "printf %s 'from the host' | xclip -selection clipboard";
    await onHost("sh", "-c", `${write} >/dev/null 2>&1`);
    await onHost("vms-clip", "copy", "--host");
    assertEquals(await vms("clip", "list"), "(host)\n");
    await vms("clip", "paste", "clip-b");
    assertEquals(await pasted("clip-b"), "from the host");
  }));

Deno.test("vms-clip works as an ordinary user, who has a store of her own", async () => {
  await copied("clip-a", bytes("hers\n"));
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

Deno.test("an ordinary user copies a file from one VM to another", async () => {
  const hers = async (...argv: string[]) => {
    const ran = await alice(...argv);
    assertEquals(ran.code, 0, ran.stderr);
    return ran.stdout;
  };
  const write = "echo dear > letter && chmod 640 letter";
  await hers("vms-exec", "clip-a", "--", "sh", "-c", write);
  assertEquals(
    await hers("vms-cp", "clip-a:letter", "clip-b:"),
    "clip-b:/home/user/letter\n",
  );
  const read = "cat letter && stat -c '%U %a' letter";
  assertEquals(
    await hers("vms-exec", "clip-b", "--", "sh", "-c", read),
    "dear\nuser 640\n",
  );
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
