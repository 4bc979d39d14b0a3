/** Screens, as a person sees them. */

import { assertEquals } from "@std/assert";
import { eventually, fails, inGuest, run, virsh, vms } from "./vms.ts";

/** A display that nobody looks at; the words of xvfb-run. */
async function withDisplay(work: (display: string) => Promise<void>) {
  const display = ":87";
  const server = new Deno.Command("Xvfb", {
    args: [display, "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await eventually(async () => {
      assertEquals((await Deno.stat("/tmp/.X11-unix/X87")).isSocket, true);
    });
    await work(display);
  } finally {
    server.kill();
    await server.status;
  }
}

/** How many colours the screen of a VM shows, by QEMU itself. */
async function colours(vm: string): Promise<number> {
  const path = await Deno.makeTempFile({ suffix: ".ppm" });
  try {
    await virsh("screenshot", vm, path);
    const ran = await run(["identify", "-format", "%k", path]);
    return Number(ran.stdout);
  } finally {
    await Deno.remove(path);
  }
}

/** How many colours the X display shows. */
async function displayColours(display: string): Promise<number> {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  try {
    const shot = await run([
      "import",
      "-display",
      display,
      "-window",
      "root",
      path,
    ]);
    assertEquals(shot.code, 0, shot.stderr);
    const ran = await run(["identify", "-format", "%k", path]);
    return Number(ran.stdout);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("vms-spice says what is missing", async () => {
  await vms("clone", "gui", "desk");
  await fails(
    4,
    'cannot open the screen of "desk": it is off',
    "spice",
    "desk",
  );
  assertEquals(
    await vms("spice", "--print-uri", "desk"),
    "qemu:///system#desk\n",
  );
  await vms("start", "desk");
  await fails(6, "there is no display", "spice", "desk");
});

Deno.test("no screen and no console listens on a TCP port", async () => {
  const { stdout } = await run(["ss", "-Hltnp"]);
  assertEquals(/qemu|5900/.test(stdout), false, stdout);
});

Deno.test("gui shows i3 on its screen, and the viewer shows the same", async () => {
  await eventually(async () => {
    await inGuest("desk", "pgrep", "-x", "i3bar");
  }, 240);
  await eventually(async () => {
    assertEquals(await colours("desk") > 3, true);
  }, 60);
  await withDisplay(async (display) => {
    assertEquals(await displayColours(display), 1);
    const viewer = new Deno.Command("vms-spice", {
      args: ["desk"],
      env: { DISPLAY: display },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const said = new Response(viewer.stderr).text();
    await eventually(async () => {
      assertEquals(await displayColours(display) > 20, true);
    }, 90);
    // The viewer ends with its VM.
    await vms("stop", "--force", "--timeout=0", "desk");
    await viewer.status;
    await said;
  });
  await vms("destroy", "desk");
});
