/** Copies from VM to VM, and what is left where one breaks off. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { eventually, fails, inGuest, run, virsh, vms } from "../e2e/vms.ts";
import { Terminal } from "../e2e/terminal.ts";
import { inFolder } from "../tree_world.ts";

const ONE = "copy-one";
const TWO = "copy-two";

Deno.test.beforeAll(async () => {
  await vms("clone", "--start", "--network=none", "minimal", ONE, TWO);
  for (const vm of [ONE, TWO]) await vms("start", "--wait", vm);
});
Deno.test.afterAll(async () => {
  await run(["vms-destroy", "--force", ONE, TWO]);
});

const shell = (vm: string, script: string) =>
  vms("exec", vm, "--", "sh", "-c", script);

/** A file that takes long to copy, and no room. */
const bigInGuest = (vm: string) => shell(vm, "truncate -s 8G big");

/** Names in a folder of this host. */
function names(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

const HIDDEN = /^\.vms-part-/;

/** Names of copies in the guest that are not whole. */
const partsIn = (vm: string) =>
  inGuest(vm, "sh", "-c", "ls -A /home/user | grep vms-part || true");

const bigIn = (vm: string) =>
  inGuest(vm, "sh", "-c", "ls /home/user | grep -x big || true");

/** A copy that is in the middle: `begun` holds then. */
async function copying(
  words: string[],
  begun: () => Promise<void>,
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("vms-cp", {
    args: words,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await eventually(begun);
  return child;
}

const copyingIn = (from: string, vm: string) =>
  copying(
    [from, `${vm}:big`],
    async () => assertMatch(await partsIn(vm), HIDDEN),
  );

const copyingOut = (vm: string, to: string) =>
  // deno-lint-ignore require-await
  copying([`${vm}:big`, to], async () => assertMatch(names(to)[0]!, HIDDEN));

const copyingBetween = () =>
  copying(
    [`${ONE}:big`, `${TWO}:`],
    async () => assertMatch(await partsIn(TWO), HIDDEN),
  );

/** How a copy ended, and what it said. */
async function ended(child: Deno.ChildProcess) {
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  assertEquals(text.decode(stdout), "");
  return { code, said: text.decode(stderr) };
}

/** Nothing hinders the next copy, which removes what is left of the others. */
async function copiesAgain(vm: string) {
  await inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/small`, "");
    await vms("cp", "--force", `${path}/small`, `${vm}:`);
    assertEquals(await partsIn(vm), "");
  });
}

/** All in a folder: kind, mode, name, and of files size, time and content. */
const listing = (vm: string, folder: string) =>
  shell(
    vm,
    `cd ${folder} && find . -printf '%y %m %P %l\\n' | sort; ` +
      `find . -type f -printf '%s %T@ %P\\n' -exec sha256sum {} + | sort`,
  );

Deno.test("vms-exec runs a command in two VMs at once, each named", async () => {
  const both = await vms("exec", "-j2", ONE, TWO, "--", "hostname");
  assertEquals(both.split("\n").sort(), [
    "",
    `${ONE}: ${ONE}`,
    `${TWO}: ${TWO}`,
  ]);
  const all = ["--all", "--template=minimal", "--json"];
  const rows = (await vms("exec", ...all, "--", "hostname")).trim().split("\n")
    .map((row) => JSON.parse(row));
  assertEquals(rows.map(({ name }) => name).sort(), [ONE, TWO]);
  for (const { name, stdout } of rows) assertEquals(stdout, `${name}\n`);
});

Deno.test("vms-cp copies a folder from VM to VM, with modes and times", async () => {
  await shell(
    ONE,
    `mkdir -p report/deep && cd report && echo '#!/bin/sh' > run &&
     head -c 3000000 /dev/urandom > deep/data && ln -s deep/data link &&
     : > 'no words' && chmod 750 run && chmod 600 deep/data &&
     chmod 700 deep && touch -d @1000000000 run deep/data 'no words'`,
  );
  assertEquals(
    await vms("cp", `${ONE}:report`, `${TWO}:`),
    `${TWO}:/home/user/report\n`,
  );
  assertEquals(await listing(TWO, "report"), await listing(ONE, "report"));
  // Several, into a folder, and under another name.
  await shell(TWO, "mkdir into");
  assertEquals(
    await vms("cp", `${ONE}:report/run`, `${ONE}:report/deep`, `${TWO}:into`),
    `${TWO}:/home/user/into/run\n${TWO}:/home/user/into/deep\n`,
  );
  await vms("cp", `${ONE}:report/run`, `${TWO}:into/other`);
  assertEquals(await shell(TWO, "ls into"), "deep\nother\nrun\n");
});

Deno.test("vms-cp from VM to VM replaces nothing without --force", async () => {
  await shell(TWO, "echo mine > report/run");
  const words = [`${ONE}:report/run`, `${TWO}:report/run`];
  await fails(4, "is there already", "cp", ...words);
  await fails(4, "try: vms-cp --force", "cp", ...words);
  await fails(4, "is there already", "cp", `${ONE}:report`, `${TWO}:`);
  assertEquals(await shell(TWO, "cat report/run"), "mine\n");
  await vms("cp", "--force", ...words);
  assertEquals(await shell(TWO, "cat report/run"), "#!/bin/sh\n");
  await fails(3, "is not there", "cp", `${ONE}:nothing`, `${TWO}:`);
  await fails(3, "is not there", "cp", `${ONE}:report`, `${TWO}:no/folder/`);
  await fails(1, "", "cp", `${ONE}:report/run`, `${TWO}:/usr/bin/run`);
  assertEquals(await partsIn(TWO), "");
});

Deno.test("vms-cp wants a new name for what only the VM can name", async () => {
  await inFolder(async (path) => {
    for (const to of [`${TWO}:`, path]) {
      await fails(2, "needs a new name", "cp", `${ONE}:report/.`, to);
    }
    const hint = `try: vms-cp ${ONE}:report/. ${TWO}:NAME`;
    await fails(2, hint, "cp", `${ONE}:report/.`, `${TWO}:`);
    await vms("cp", `${ONE}:report/.`, `${path}/fresh`);
    assertEquals(names(`${path}/fresh`), ["deep", "link", "no words", "run"]);
    await vms("cp", `${ONE}:report/deep/..`, `${TWO}:fresh`);
    assertEquals(await listing(TWO, "fresh"), await listing(ONE, "report"));
    // What this host sends it can name.
    await vms("cp", `${path}/fresh/.`, `${TWO}:into`);
    assertEquals(await shell(TWO, "ls into/fresh/run"), "into/fresh/run\n");
  });
});

Deno.test("vms-cp from VM to VM stops where the target's disk is full", async () => {
  await inGuest(TWO, "mkdir", "-p", "/mnt/small");
  const options = ["-t", "tmpfs", "-o", "size=1M,mode=1777"];
  await inGuest(TWO, "mount", ...options, "none", "/mnt/small");
  await shell(ONE, "head -c 3000000 /dev/zero > medium");
  await fails(
    1,
    "No space left on device",
    "cp",
    `${ONE}:medium`,
    `${TWO}:/mnt/small`,
  );
  assertEquals(await inGuest(TWO, "ls", "-A", "/mnt/small"), "");
});

Deno.test("vms-cp says that this host's disk is full, and leaves nothing", async () => {
  await inFolder(async (path) => {
    const mount = ["mount", "-t", "tmpfs", "-o", "size=1M", "none", path];
    assertEquals((await run(mount)).code, 0);
    try {
      const env = { XDG_DATA_HOME: path };
      const { code, stderr } = await run(["vms-cp", `${ONE}:medium`], { env });
      assertEquals(code, 1, stderr);
      assertMatch(stderr, /No space left on device/);
      assertEquals(names(`${path}/vms/incoming/${ONE}`), []);
      // What fits comes all the same.
      await shell(ONE, "echo small > small");
      const small = await run(["vms-cp", `${ONE}:small`], { env });
      assertEquals(small.code, 0, small.stderr);
      assertEquals(names(`${path}/vms/incoming/${ONE}`), ["small"]);
    } finally {
      assertEquals((await run(["umount", path])).code, 0);
    }
  });
});

Deno.test("vms-cp out of a VM, killed, leaves what the next one removes", async () => {
  await inFolder(async (path) => {
    await bigInGuest(ONE);
    const child = await copyingOut(ONE, path);
    child.kill("SIGKILL");
    await ended(child);
    assertMatch(names(path).join(" "), HIDDEN);
    await shell(ONE, "echo small > small");
    await vms("cp", `${ONE}:small`, path);
    assertEquals(names(path), ["small"]);
  });
});

const signals: [Deno.Signal, number][] = [["SIGINT", 130], ["SIGTERM", 143]];
for (const [signal, exit] of signals) {
  Deno.test(`vms-cp out of a VM, ended by ${signal}, leaves nothing`, async () => {
    await inFolder(async (path) => {
      const child = await copyingOut(ONE, path);
      child.kill(signal);
      const { code, said } = await ended(child);
      assertEquals(code, exit, said);
      assertEquals(names(path), []);
    });
  });
}

Deno.test("vms-cp from VM to VM, killed, leaves nothing in its target", async () => {
  const child = await copyingBetween();
  child.kill("SIGKILL");
  await ended(child);
  // The agent sees that its host has gone, and clears up.
  await eventually(async () => assertEquals(await partsIn(TWO), ""));
  assertEquals(await bigIn(TWO), "");
  await copiesAgain(TWO);
});

Deno.test("vms-cp goes on when a VM has stood still, and shows how far it is", async () => {
  await inFolder(async (path) => {
    // So large that it is not over before the VM stands still.
    await run(["truncate", "-s", "160M", `${path}/still`]);
    const terminal = new Terminal(`vms-cp ${path}/still ${TWO}:`);
    await terminal.sees(/(?<!160 MiB) of 160 MiB/);
    await virsh("suspend", TWO);
    const [last] = terminal.seen.match(/[\d.]+ \S+ of 160 MiB/g)!.slice(-1);
    assertNotEquals(last, "160 MiB of 160 MiB");
    await new Promise((done) => setTimeout(done, 8000));
    await virsh("resume", TWO);
    assertEquals(await terminal.ended(), 0, terminal.seen);
    assertEquals(await shell(TWO, "stat -c %s still"), `${160 * 2 ** 20}\n`);
  });
});

Deno.test("vms-cp ends with the agent, and leaves nothing half written", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/to`);
    await run(["truncate", "-s", "8G", `${path}/big`]);
    await bigInGuest(ONE);
    const into = await copyingIn(`${path}/big`, TWO);
    const out = await copyingOut(ONE, `${path}/to`);
    for (const vm of [ONE, TWO]) {
      const kill = ["systemctl", "kill", "--signal=KILL", "vms-agent@*"];
      await inGuest(vm, ...kill);
    }
    for (const { code, said } of [await ended(out), await ended(into)]) {
      assertEquals(code, 5, said);
      assertMatch(said, /nothing was heard for 45 s/);
    }
    assertEquals(names(`${path}/to`), []);
    assertEquals(await bigIn(TWO), "");
    await copiesAgain(TWO);
  });
});

Deno.test("vms-cp into a VM that is destroyed says so, and leaves nothing", async () => {
  await inFolder(async (path) => {
    await run(["truncate", "-s", "8G", `${path}/big`]);
    const child = await copyingIn(`${path}/big`, TWO);
    await virsh("destroy", TWO);
    const { code, said } = await ended(child);
    assertEquals(code, 1, said);
    assertMatch(
      said,
      /cannot talk to the agent of "copy-two": the VM has ended/,
    );
    await vms("start", "--wait", TWO);
    assertEquals(await bigIn(TWO), "");
    await copiesAgain(TWO);
  });
});

Deno.test("vms-cp into a VM that shuts down says so, and leaves nothing", async () => {
  await inFolder(async (path) => {
    await run(["truncate", "-s", "8G", `${path}/big`]);
    const child = await copyingIn(`${path}/big`, TWO);
    await vms("stop", "--timeout=180", TWO);
    const { code, said } = await ended(child);
    // Some take longer to shut down than a silent VM is waited for.
    const silent = /nothing was heard for 45 s/.test(said);
    assertEquals(code, silent ? 5 : 1, said);
    if (!silent) assertMatch(said, /the agent of "copy-two": the VM has ended/);
    await vms("start", "--wait", TWO);
    assertEquals(await bigIn(TWO), "");
    await copiesAgain(TWO);
  });
});

Deno.test("vms-cp out of a VM that is destroyed leaves nothing on this host", async () => {
  await inFolder(async (path) => {
    const child = await copyingOut(ONE, path);
    await virsh("destroy", ONE);
    const { code, said } = await ended(child);
    assertEquals(code, 1, said);
    assertMatch(
      said,
      /cannot talk to the agent of "copy-one": the VM has ended/,
    );
    assertEquals(names(path), []);
  });
});

Deno.test("vms-cp between VMs of which one is destroyed says so", async () => {
  // Forked anew: quicker than booted.
  await vms("destroy", "--force", ONE);
  await vms("clone", "--start", "minimal", ONE);
  await bigInGuest(ONE);
  const child = await copyingBetween();
  await virsh("destroy", ONE);
  const { code, said } = await ended(child);
  assertEquals(code, 1, said);
  assertMatch(said, /cannot talk to the agent of "copy-one": the VM has ended/);
  assertEquals(await bigIn(TWO), "");
  await copiesAgain(TWO);
});
