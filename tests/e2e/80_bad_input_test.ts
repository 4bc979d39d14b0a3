/** Bad input and bad luck: one clear error, the right code, nothing changed. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  domains,
  fails,
  leftThere,
  RECIPES,
  restartLibvirtd,
  run,
  virsh,
  vms,
  volumes,
  writeRecipe,
} from "./vms.ts";

const IMAGES = "/var/lib/libvirt/images";

/** Run; nothing may be there afterwards that was not there before. */
async function changesNothing(work: () => Promise<void>) {
  const before = await present();
  await work();
  assertEquals(await present(), before);
}

async function present() {
  return [await domains(), await volumes(), leftThere()];
}

Deno.test("a bad name is refused before any program sees it", () =>
  changesNothing(async () => {
    const names = [
      "../x",
      "a b",
      "",
      "x".repeat(300),
      "größe",
      "a\nb",
      "A",
      "x_y",
    ];
    for (const name of names) {
      await fails(2, "is not a name", "clone", "minimal", name);
      await fails(2, "is not a name", "install", name);
    }
    await fails(2, "has no option -rf", "clone", "minimal", "-rf");
    await fails(2, "is not a name", "clone", "minimal", "--", "-rf");
    const piped = await run(["vms-stop", "-"], { stdin: "good\n../bad\n" });
    assertEquals(piped.code, 2, piped.stderr);
    assertMatch(piped.stderr, /"\.\.\/bad" is not a name/);
  }));

Deno.test("a bad size is refused", () =>
  changesNothing(async () => {
    for (const size of ["0", "-1", "20X", "", "1e9", "20 G"]) {
      await fails(2, "--disk", "clone", `--disk=${size}`, "minimal", "x");
      await fails(2, "--memory", "clone", `--memory=${size}`, "minimal", "x");
    }
    await fails(
      2,
      "and a clone's disk is not smaller",
      "clone",
      "--disk=1G",
      "minimal",
      "x",
    );
    for (const option of ["--disk=900T", "--home-size=900T"]) {
      await fails(2, "the storage pool", "clone", option, "minimal", "x");
    }
    await fails(2, "the storage pool", "install", "--disk=900T", "x");
    await writeRecipe("huge", 'parent = "minimal"\ndisk = "900T"\n');
    await fails(2, "the storage pool", "template", "build", "huge");
    await Deno.remove(`${RECIPES}/huge.toml`);
    const chosen = "cannot choose sizes of a disposable";
    for (const option of ["--disk=24G", "--home-size=3G"]) {
      await fails(2, chosen, "clone", "--disposable", option, "minimal", "x");
    }
  }));

Deno.test("what a guest cannot be told is refused, and a network that is not there", () =>
  changesNothing(async () => {
    const words = {
      timezone: ["", "../etc/passwd", "Europe/", "a b"],
      locale: ["", "de/DE", "de DE", "de\nX=1"],
      keymap: ["", "../us", "d e"],
      network: ["", "-x", "a/b"],
    };
    for (const [option, bad] of Object.entries(words)) {
      for (const word of bad) {
        await fails(2, `--${option}`, "install", `--${option}=${word}`, "x");
      }
    }
    const gone = 'cannot find the network "gone"';
    await fails(3, gone, "install", "--network=gone", "x");
  }));

Deno.test("a template does not take the name of a VM", () =>
  changesNothing(async () => {
    await vms("clone", "minimal", "taken");
    await writeRecipe("taken", 'parent = "minimal"\n');
    const taken = "a VM of that name exists";
    await fails(4, taken, "template", "build", "taken");
    await Deno.remove(`${RECIPES}/taken.toml`);
    await vms("destroy", "taken");
  }));

Deno.test("what is not there is named, and nothing is done to the others", () =>
  changesNothing(async () => {
    await vms("clone", "minimal", "there");
    await fails(3, 'cannot find "gone"', "start", "there", "gone");
    assertEquals(await vms("list", "--state=running"), "");
    await fails(3, 'cannot find "gone"', "destroy", "there", "gone");
    await fails(3, "vms-template build gone", "dispose", "gone");
    await fails(
      4,
      "a VM of that name exists",
      "clone",
      "minimal",
      "new",
      "there",
    );
    await fails(4, "the name is given twice", "clone", "minimal", "new", "new");
    await vms("destroy", "there");
  }));

Deno.test("an ISO that is a text file", () =>
  changesNothing(async () => {
    const path = "/var/lib/libvirt/iso/text.iso";
    await Deno.writeTextFile(path, "no ISO\n");
    const why = `cannot use ${path}: it is not an ISO 9660 image`;
    await fails(1, why, "install", `--iso=${path}`, "x");
    await Deno.remove(path);
    await fails(
      3,
      "there is no such file",
      "install",
      "--iso=/nowhere.iso",
      "x",
    );
  }));

/** What vms-doctor says cures a VM that rests on what is gone. */
async function cureFor(vm: string): Promise<string | undefined> {
  const { stdout } = await run(["vms-doctor", "--json"]);
  return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line))
    .find(({ id }) => id === `chain:${vm}`)?.cure;
}

/** Do what vms-doctor says; it names the VM no longer then. */
async function curedBy(cure: string, vm: string) {
  assertEquals(await cureFor(vm), cure);
  const ran = await run(cure.split(" "));
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(await cureFor(vm), undefined);
}

Deno.test("a chain whose base was deleted by hand", () =>
  changesNothing(async () => {
    await vms("clone", "minimal", "base");
    await vms("clone", "base", "top");
    // Out of the pool: there it would be a volume.
    const away = "/var/lib/libvirt/base.away";
    const root = `${IMAGES}/base.qcow2`;
    await Deno.rename(root, away);
    const why = `an image it rests on is gone: ${root}`;
    for (const vm of ["base", "top"]) {
      await fails(1, why, "start", vm);
      assertEquals(await virsh("domstate", vm), "shut off");
      // The firmware's variables are there from here on: QEMU was begun.
      await changesNothing(() => fails(1, why, "clone", vm, "new"));
    }
    await curedBy("vms-rebuild top", "top");
    await curedBy("vms-rebuild base", "base");
    await Deno.remove(away);
    const home = `${IMAGES}/base.home.qcow2`;
    await Deno.rename(home, away);
    await curedBy("vms-destroy top", "top");
    await Deno.rename(away, home);
    await vms("destroy", "base");
  }));

Deno.test("two clones of one name at once: one is made", () =>
  changesNothing(async () => {
    const both = await Promise.all(
      [1, 2].map(() => run(["vms-clone", "minimal", "same"])),
    );
    assertEquals(both.map(({ code }) => code).sort(), [0, 4]);
    assertEquals(await vms("list"), "same\n");
    await vms("destroy", "same");
  }));

Deno.test("ten clones at once are ten VMs", () =>
  changesNothing(async () => {
    const names = Array.from({ length: 10 }, (_, i) => `many-${i}`);
    const all = await Promise.all(
      names.map((name) => run(["vms-clone", "minimal", name])),
    );
    assertEquals(
      all.map(({ code }) => code),
      names.map(() => 0),
      all[0]!.stderr,
    );
    const rows = (await vms("list", "--json")).trim().split("\n");
    assertEquals(rows.map((row) => JSON.parse(row).name), names);
    const uuids = await Promise.all(
      names.map((name) => run(["virsh", "domuuid", name])),
    );
    assertEquals(new Set(uuids.map(({ stdout }) => stdout.trim())).size, 10);
    await vms("destroy", ...names);
  }));

Deno.test("--dry-run changes nothing and shows what would be done", () =>
  changesNothing(async () => {
    const ran = await run(["vms-clone", "--dry-run", "minimal", "dry"]);
    assertEquals(ran.code, 0, ran.stderr);
    assertMatch(
      ran.stderr,
      /^\+ virsh -c qemu:\/\/\/system vol-create .*dry\.qcow2/ms,
    );
    assertMatch(ran.stderr, /^\+ virsh -c qemu:\/\/\/system define /m);
    const disposable = await run([
      "vms-dispose",
      "--dry-run",
      "minimal",
      "--",
      "true",
    ]);
    assertEquals(disposable.code, 0, disposable.stderr);
  }));

Deno.test("what --trace prints can be pasted into a shell", () =>
  changesNothing(async () => {
    const ran = await run(["vms-clone", "--trace", "minimal", "traced"]);
    await vms("destroy", "traced");
    const lines = ran.stderr.replaceAll(/^\+ /gm, "");
    const again = await run(["bash", "-c", lines]);
    assertEquals(await vms("list"), "traced\n", again.stderr);
    await vms("destroy", "traced");
  }));

Deno.test("a libvirtd that is down", async () => {
  await restartLibvirtd("--stop");
  try {
    await fails(6, "cannot reach libvirt at qemu:///system", "list");
    await fails(6, "cannot reach libvirt", "clone", "minimal", "x");
  } finally {
    await restartLibvirtd();
  }
  await vms("list");
});
