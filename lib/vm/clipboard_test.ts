import { assertEquals, assertRejects } from "@std/assert";
import { entries } from "../clipboard/log.ts";
import { HOST, type Label, ownStore } from "../clipboard/store.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { fakeRun, type Step } from "../process/fake_run.ts";
import { clear, paste, type Place } from "./clipboard.ts";

const TEXT = new TextEncoder().encode("secret");

const LABEL: Label = {
  source: "web",
  kind: "text",
  bytes: TEXT.length,
  sha256: "00",
  copied: Date.now(),
  expires: Date.now() + 3_600_000,
};

const LIST: Step = ["virsh -c qemu:///system list --all --title", {
  stdout: [
    " Id   Name   State     Title",
    "--------------------------------------",
    " 1    web    running   appvm on gui@1",
    " -    off    shut off  appvm on gui@1",
  ].join("\n"),
}];

const VARIABLES = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
];

/** With a store and a log of its own, and no graphical session. */
async function alone(work: () => Promise<void>) {
  const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  const directory = await Deno.makeTempDir();
  for (const name of VARIABLES) {
    if (name.startsWith("XDG")) Deno.env.set(name, directory);
    else Deno.env.delete(name);
  }
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(directory, { recursive: true });
  }
}

/** The message that pasting ends with. */
async function refused(place: Partial<Place>, ...steps: Step[]) {
  using run = fakeRun(steps);
  const connection = { virsh: new Virsh(run, "qemu:///system") };
  const to: Place = { vm: undefined, selection: "clipboard", ...place };
  const error = await assertRejects(
    () => paste(connection as Connection, fakeContext(run), to, 60),
    Failure,
  );
  return error.message;
}

Deno.test("paste() has nothing where nothing was copied", () =>
  alone(async () => {
    assertEquals(
      await refused({}),
      "cannot paste into this host: " +
        "nothing was copied, or it was pasted already, or it has expired",
    );
  }));

Deno.test("paste() does not offer it where it came from", () =>
  alone(async () => {
    await (await ownStore()).put({ label: LABEL, content: TEXT });
    assertEquals(
      await refused({ vm: "web" }, LIST),
      'cannot paste into "web": it was copied from there',
    );
    const label = { ...LABEL, source: HOST };
    await (await ownStore()).put({ label, content: TEXT });
    assertEquals(
      await refused({}),
      "cannot paste into this host: it was copied from there",
    );
    assertEquals(await (await ownStore()).look(), label);
  }));

Deno.test("paste() leaves it where the VM is off", () =>
  alone(async () => {
    await (await ownStore()).put({ label: LABEL, content: TEXT });
    assertEquals(
      await refused({ vm: "off" }, LIST),
      'cannot paste into "off": it is off',
    );
    assertEquals(await (await ownStore()).look(), LABEL);
  }));

Deno.test("paste() that fails puts it back, and is not in the log", () =>
  alone(async () => {
    await (await ownStore()).put({ label: LABEL, content: TEXT });
    assertEquals(
      await refused({}),
      "cannot paste into this host: " +
        "neither WAYLAND_DISPLAY nor DISPLAY is set",
    );
    const kept = await (await ownStore()).take();
    assertEquals(kept, { label: LABEL, content: TEXT });
    assertEquals(await entries(), []);
  }));

Deno.test("clear() deletes what waits, and says so in the log", () =>
  alone(async () => {
    await (await ownStore()).put({ label: LABEL, content: TEXT });
    await clear();
    assertEquals(await (await ownStore()).look(), undefined);
    assertEquals((await entries()).map(({ action }) => action), ["clear"]);
  }));
