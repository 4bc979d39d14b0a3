/** Screens, as a person sees them; minimal's is in 20_daily_test.ts. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  isFull,
  opening,
  openViewer,
  showsScreenOf,
  withDisplay,
} from "./screen.ts";
import {
  domains,
  eventually,
  fails,
  inGuest,
  run,
  virsh,
  vms,
  volumes,
} from "./vms.ts";

/** The environment of a bare terminal. */
const BLIND = { DISPLAY: "", WAYLAND_DISPLAY: "" };

/** PATH with links to all that is on it but one program. */
async function pathWithout(program: string): Promise<string> {
  const folders = Deno.env.get("PATH")!.split(":").map(async (folder) => {
    const there = await Deno.stat(`${folder}/${program}`).catch(() => false);
    if (!there) return folder;
    const links = await Deno.makeTempDir();
    for await (const { name } of Deno.readDir(folder)) {
      if (name === program) continue;
      await Deno.symlink(`${folder}/${name}`, `${links}/${name}`);
    }
    return links;
  });
  return (await Promise.all(folders)).join(":");
}

Deno.test("vms-spice wants a VM that runs, and knows its screen when it does not", async () => {
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
});

Deno.test("vms-spice --start starts nothing where there is no display", async () => {
  const ran = await run(["vms-spice", "--start", "desk"], { env: BLIND });
  assertEquals([ran.code, ran.stdout], [6, ""], ran.stderr);
  assertMatch(ran.stderr, /: there is no display: /);
  assertEquals(await virsh("domstate", "desk"), "shut off");
});

Deno.test("vms-spice --start shows gui's i3 in a viewer", async () => {
  await withDisplay(async (display) => {
    assertEquals(await isFull(display), false);
    const viewer = openViewer(display, "--start", "desk");
    await eventually(async () => {
      assertEquals(await virsh("domstate", "desk"), "running");
    });
    await eventually(async () => {
      await inGuest("desk", "pgrep", "-x", "i3bar");
    }, 240);
    await showsScreenOf(display, "desk");
    assertEquals(await isFull(display), false);
    await viewer.close();
  });
});

Deno.test("gui has SPICE's agent, of the system and of its session, and kitty", async () => {
  await eventually(async () => {
    await inGuest("desk", "systemctl", "is-active", "spice-vdagentd");
    await inGuest("desk", "pgrep", "-u", "user", "-x", "spice-vdagent");
  }, 60);
  await inGuest("desk", "test", "-x", "/usr/bin/kitty");
});

Deno.test("no screen and no console listens on a TCP port", async () => {
  assertEquals(await virsh("domstate", "desk"), "running");
  const { stdout } = await run(["ss", "-Hltnp"]);
  assertEquals(/qemu|5900/.test(stdout), false, stdout);
});

Deno.test("vms-spice says what is missing", async () => {
  const blind = await run(["vms-spice", "desk"], { env: BLIND });
  assertEquals([blind.code, blind.stdout], [6, ""], blind.stderr);
  assertMatch(
    blind.stderr,
    /^vms-spice: cannot open the screen of "desk": there is no display: .*\nvms-spice: try: vms-console desk\n$/,
  );
  const PATH = await pathWithout("virt-viewer");
  const env = { ...BLIND, DISPLAY: ":87", PATH };
  const without = await run(["vms-spice", "desk"], { env });
  assertEquals([without.code, without.stdout], [6, ""], without.stderr);
  assertEquals(
    without.stderr,
    "vms-spice: cannot run virt-viewer: the program is not installed\n" +
      "vms-spice: try: vms-doctor\n",
  );
});

Deno.test("vms-spice --full-screen fills the screen, and ends with its VM", async () => {
  await withDisplay(async (display) => {
    const viewer = openViewer(display, "--full-screen", "desk");
    await eventually(async () => assert(await isFull(display)), 90);
    await vms("stop", "--force", "--timeout=0", "desk");
    await viewer.ended;
  });
  await vms("destroy", "desk");
});

Deno.test("vms-dispose alone opens a screen of the default template, and all goes when it stops", async () => {
  const there = async () => [await domains(), await volumes()];
  const before = await there();
  await withDisplay(async (display) => {
    const viewer = opening(display, "vms-dispose");
    let name = "";
    await eventually(async () => {
      [name = ""] = /^disp-\d+$/m.exec(await vms("list")) ?? [];
      assertEquals(await virsh("domstate", name), "running");
    }, 60);
    await showsScreenOf(display, name, 240);
    await vms("stop", "--force", "--timeout=0", name);
    await viewer.ended;
  });
  await eventually(async () => {
    assertEquals(await there(), before);
  }, 60);
});
