import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import {
  type Expected,
  type FakeOptions,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { openViewer, screenUri } from "./viewer.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun } from "../process/fake_run.ts";

const LINE =
  "virt-viewer --connect test:///default --attach --full-screen -- web";

async function opening(
  display: string,
  table: Expected[],
  options: FakeOptions = {},
) {
  const before = ["DISPLAY", "WAYLAND_DISPLAY"].map((name) =>
    [name, Deno.env.get(name)] as const
  );
  Deno.env.set("DISPLAY", display);
  Deno.env.delete("WAYLAND_DISPLAY");
  try {
    await withLibvirt(
      table,
      ({ virsh }) => openViewer(virsh.run, virsh, "web", { fullScreen: true }),
      options,
    );
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("openViewer() opens the screen through libvirt", () =>
  opening(":9", [[LINE]]));

Deno.test("openViewer() opens nothing in a dry run", () =>
  opening(":9", [[`+ ${LINE}`]], { dryRun: true }));

Deno.test("openViewer() says that there is no display", async () => {
  const failure = await assertRejects(() => opening("", []), Failure);
  assertEquals([failure.exit, failure.hint], ["host", "vms-console web"]);
});

Deno.test("screenUri() names the domain before the connection's options", () => {
  using run = fakeRun([]);
  const uri = (of: string) => screenUri(new Virsh(run, of), "web");
  assertEquals(uri("qemu:///system"), "qemu:///system#web");
  assertEquals(
    uri("qemu+ssh://host/system?no_tty=1"),
    "qemu+ssh://host/system#web?no_tty=1",
  );
});
