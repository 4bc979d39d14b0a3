/** Screens of VMs: as QEMU draws them, and as a viewer shows them. */

import { assert, assertEquals } from "@std/assert";
import { extent, find, type Picture, readPpm } from "./picture.ts";
import { eventually, run, virsh } from "./vms.ts";

/** Larger than any guest's screen with a window around it. */
const SIZE = { width: 1600, height: 1200 };

/** A display that nobody looks at. */
export async function withDisplay(work: (display: string) => Promise<void>) {
  const display = ":87";
  const screen = `${SIZE.width}x${SIZE.height}x24`;
  const server = new Deno.Command("Xvfb", {
    args: [display, "-noreset", "-screen", "0", screen, "-nolisten", "tcp"],
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

/** The screen of a VM, by QEMU itself: a PNG, or a PPM of an older one. */
export function screenshot(vm: string): Promise<Picture> {
  return pictureFrom(async (path) => {
    const taken = `${path}.taken`;
    await virsh("screenshot", vm, taken);
    const ran = await run(["convert", taken, "-depth", "8", `ppm:${path}`]);
    await Deno.remove(taken);
    assertEquals(ran.code, 0, ran.stderr);
  });
}

/** What is on a display. */
export function displayed(display: string): Promise<Picture> {
  return pictureFrom(async (path) => {
    const argv = ["import", "-display", display, "-window", "root"];
    const ran = await run([...argv, "-depth", "8", `ppm:${path}`]);
    assertEquals(ran.code, 0, ran.stderr);
  });
}

async function pictureFrom(
  write: (path: string) => Promise<unknown>,
): Promise<Picture> {
  const path = await Deno.makeTempFile({ suffix: ".ppm" });
  try {
    await write(path);
    return readPpm(await Deno.readFile(path));
  } finally {
    await Deno.remove(path);
  }
}

/** A command with its viewer's window; what is closed by hand ends it. */
export interface Viewer {
  close(): Promise<void>;
  /** Resolves when it has ended by itself. */
  ended: Promise<unknown>;
}

export function openViewer(display: string, ...words: string[]): Viewer {
  return opening(display, "vms-spice", ...words);
}

/** Run a command that opens a viewer. */
export function opening(
  display: string,
  program: string,
  ...args: string[]
): Viewer {
  const child = new Deno.Command(program, {
    args,
    env: { DISPLAY: display, WAYLAND_DISPLAY: "" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async close() {
      await run(["pkill", "-P", `${child.pid}`, "-x", "virt-viewer"]);
      await child.status;
    },
    ended: child.status,
  };
}

/** Wait until a window on the display shows what is on the VM's screen. */
export async function showsScreenOf(
  display: string,
  vm: string,
  seconds = 90,
): Promise<void> {
  await eventually(async () => {
    const [drawn, shown] = [await screenshot(vm), await displayed(display)];
    const { width, height } = drawn;
    assert(width <= SIZE.width && height <= SIZE.height, `${width}x${height}`);
    const seen = find(drawn, shown);
    // A clock or a cursor may have moved on between the two.
    const told = `${JSON.stringify(seen)} of ${width}x${height}`;
    assert(seen.all > 0.98 && seen.edges > 0.9, told);
  }, seconds);
}

/** Whether a window fills the display. */
export async function isFull(display: string): Promise<boolean> {
  const [right, bottom] = extent(await displayed(display));
  return right > SIZE.width - 20 && bottom > SIZE.height - 20;
}
