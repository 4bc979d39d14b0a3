/** Files and folders into a VM without a network, out and back. */

import { assertEquals, assertMatch } from "@std/assert";
import { eventually, fails, inGuest, run, vms } from "../e2e/vms.ts";
import { inFolder } from "../tree_world.ts";

const VM = "cp-vm";
const OFF = "cp-off";

Deno.test.beforeAll(async () => {
  await vms("clone", "--start", "--network=none", "minimal", VM);
});
Deno.test.afterAll(async () => {
  await vms("destroy", "--force", VM);
});

Deno.test("vms-cp copies files and folders in, out and back, whole", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/report/deep`, { recursive: true });
    await Deno.writeTextFile(`${path}/report/run`, "#!/bin/sh\n", {
      mode: 0o750,
    });
    await Deno.writeFile(
      `${path}/report/deep/data`,
      new Uint8Array(300_000).fill(7),
    );
    await Deno.symlink("deep/data", `${path}/report/link`);
    await Deno.utime(`${path}/report/run`, 1e9, 1e9);
    assertEquals(
      await vms("cp", `${path}/report`, `${VM}:`),
      `${VM}:/home/user/report\n`,
    );
    assertEquals(
      await inGuest(VM, "stat", "-c", "%a %Y %U", "/home/user/report/run"),
      "750 1000000000 user",
    );
    await vms("cp", `${VM}:report`, `${path}/back`);
    const { code, stdout } = await run([
      "diff",
      "-r",
      `${path}/report`,
      `${path}/back`,
    ]);
    assertEquals([code, stdout], [0, ""]);
    await fails(4, "is there already", "cp", `${path}/report`, `${VM}:`);
    await vms("cp", "--force", `${path}/report/run`, `${VM}:report/run`);
    await fails(3, "is not there", "cp", `${VM}:nothing`, path);
    await fails(3, "is not there", "cp", `${path}/nothing`, `${VM}:`);
    await fails(1, "", "cp", `${path}/report/run`, `${VM}:/usr/bin/run`);
    await vms("cp", "--root", `${path}/report/run`, `${VM}:/usr/local/bin/run`);
  });
});

Deno.test("vms-cp -r is what cp -r is, and ~ in a VM its user's home", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/habit/deep`, { recursive: true });
    await Deno.writeTextFile(`${path}/habit/deep/x`, "x");
    assertEquals(
      await vms("cp", "-r", `${path}/habit`, `${VM}:~/`),
      `${VM}:/home/user/habit\n`,
    );
    const owner = ["stat", "-c", "%U", "/home/user/habit/deep/x"];
    assertEquals(await inGuest(VM, ...owner), "user");
    await vms("cp", `${VM}:~/habit`, `${path}/back`);
    assertEquals(await Deno.readTextFile(`${path}/back/deep/x`), "x");
    // As root it is root's.
    assertEquals(
      await vms("cp", "--root", `${path}/habit`, `${VM}:~`),
      `${VM}:/root/habit\n`,
    );
    assertEquals(
      await vms("cp", "--root", `${path}/habit/deep/x`, `${VM}:plain`),
      `${VM}:/root/plain\n`,
    );
  });
});

Deno.test("a dry run of vms-cp and vms-shell looks whether the VM runs", async () => {
  await vms("clone", "--network=none", "minimal", OFF);
  await inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/new`, "");
    const dry = await run(["vms-cp", "--dry-run", `${path}/new`, `${VM}:new`]);
    assertEquals([dry.code, dry.stdout], [0, ""], dry.stderr);
    assertEquals(
      dry.stderr,
      `vms-cp: would copy ${path}/new to ${VM}:new\n`,
    );
    await fails(3, "is not there", "cp", "-n", `${VM}:new`, `${path}/no/new`);
    await fails(3, "is not there", "cp", `${VM}:new`, path);
    const off = `cannot copy from "${OFF}": it is off`;
    await fails(4, off, "cp", "-n", `${OFF}:x`, path);
    await fails(3, "no VM has that name", "cp", "-n", "nobody:x", path);
  });
  const shell = await run(["vms-shell", "-n", VM, "--", "id"]);
  assertEquals(shell.stderr, `vms-shell: would run id in "${VM}"\n`);
  assertEquals([shell.code, shell.stdout], [0, ""]);
  await fails(4, "it is off", "shell", "--dry-run", OFF);
  await fails(3, "no VM has that name", "shell", "--dry-run", "nobody");
  await vms("destroy", OFF);
});

Deno.test("vms-cp puts what a VM sends into its incoming folder", async () => {
  await inFolder(async (path) => {
    const env = { XDG_DATA_HOME: path };
    const { code, stdout } = await run(["vms-cp", `${VM}:report/run`], { env });
    const place = `${path}/vms/incoming/${VM}/run`;
    assertEquals([code, stdout], [0, `${place}\n`]);
    assertEquals(
      (await Deno.stat(place.replace(/.run$/, ""))).mode! & 0o777,
      0o700,
    );
  });
});

Deno.test("vms-cp killed in the middle leaves nothing under the name", async () => {
  await inFolder(async (path) => {
    await run(["truncate", "-s", "2G", `${path}/big`]);
    const copying = new Deno.Command("vms-cp", {
      args: [`${path}/big`, `${VM}:/tmp/big`],
      stderr: "null",
    }).spawn();
    const parts = () =>
      inGuest(VM, "sh", "-c", "ls -A /tmp | grep vms-part || true");
    await eventually(async () => assertMatch(await parts(), /vms-part/));
    copying.kill("SIGKILL");
    await copying.status;
    // The agent sees that its host has gone, and clears up.
    await eventually(async () => assertEquals(await parts(), ""));
    assertEquals(
      await inGuest(VM, "sh", "-c", "ls /tmp/big 2>&1 || true"),
      "ls: cannot access '/tmp/big': No such file or directory",
    );
    await Deno.writeTextFile(`${path}/small`, "");
    await vms("cp", `${path}/small`, `${VM}:/tmp`);
  });
});

Deno.test("vms-cp says that the guest's disk is full", async () => {
  await inFolder(async (path) => {
    await inGuest(VM, "mkdir", "-p", "/mnt/small");
    await inGuest(
      VM,
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=1M,mode=1777",
      "none",
      "/mnt/small",
    );
    await Deno.writeFile(`${path}/big`, new Uint8Array(3_000_000));
    await fails(
      1,
      "No space left on device",
      "cp",
      `${path}/big`,
      `${VM}:/mnt/small`,
    );
    assertEquals(await inGuest(VM, "ls", "-A", "/mnt/small"), "");
  });
});
