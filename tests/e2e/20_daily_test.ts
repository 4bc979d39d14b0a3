/** A day with AppVMs, on the templates that 10_template_test.ts published. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
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

async function identity(vm: string): Promise<Record<string, string>> {
  const [id, host, key] = await Promise.all([
    inGuest(vm, "cat", "/etc/machine-id"),
    inGuest(vm, "hostname"),
    inGuest(
      vm,
      "sh",
      "-c",
      "cat /etc/ssh/ssh_host_ed25519_key.pub || (ssh-keygen -A >/dev/null; cat /etc/ssh/ssh_host_ed25519_key.pub)",
    ),
  ]);
  const uuid = (await virsh("domuuid", vm)).replaceAll("-", "");
  const mac = /52:54:00:[0-9a-f:]{8}/.exec(await virsh("dumpxml", vm))![0];
  return { id, host, key: key.split(" ")[1]!, uuid, mac };
}

/** Bytes on the host's disk that belong to a VM. */
async function bytesOf(vm: string): Promise<number> {
  let bytes = 0;
  for await (const { name } of Deno.readDir("/var/lib/libvirt/images")) {
    if (!name.startsWith(`${vm}.`)) continue;
    const { blocks } = await Deno.stat(`/var/lib/libvirt/images/${name}`);
    bytes += blocks! * 512;
  }
  return bytes;
}

Deno.test("vms-clone makes several VMs, and each costs under 1 MiB", async () => {
  assertEquals(await vms("clone", "minimal@1", "one", "two"), "one\ntwo\n");
  assertEquals(await vms("list"), "one\ntwo\n");
  for (const name of ["one", "two"]) {
    assertEquals(await bytesOf(name) < 2 ** 20, true, `${await bytesOf(name)}`);
  }
});

Deno.test("vms-console wants a VM that runs", async () => {
  await fails(4, "it is off", "console", "one");
});

Deno.test("vms-start --wait boots them, each with an identity of its own", async () => {
  assertEquals(await vms("start", "--wait", "one", "two"), "one\ntwo\n");
  assertEquals(await vms("start", "one"), "one\n");
  const [one, two] = [await identity("one"), await identity("two")];
  assertEquals([one!.host, two!.host], ["one", "two"]);
  assertEquals([one!.id, two!.id], [one!.uuid, two!.uuid]);
  for (const key of ["id", "key", "mac"]) assertNotEquals(one![key], two![key]);
  for (const vm of ["one", "two"]) {
    assertEquals(
      await inGuest(vm, "systemctl", "is-system-running", "--wait"),
      "running",
    );
  }
});

Deno.test("an AppVM has its home on a disk of its own", async () => {
  const mounted = await inGuest(
    "one",
    "findmnt",
    "-no",
    "SOURCE,FSTYPE",
    "/home",
  );
  assertMatch(mounted, /^\/dev\/vdb\s+ext4$/);
  await inGuest(
    "one",
    "runuser",
    "-u",
    "user",
    "--",
    "sh",
    "-c",
    "echo mine > ~/letter",
  );
  await inGuest("one", "sync");
});

Deno.test("vms-console is a terminal at the guest's serial line, and gives it back", async () => {
  await fails(6, "standard input is no terminal", "console", "one");
  const session = new Deno.Command("script", {
    args: [
      "-qefc",
      "stty -g; vms-console one; echo left $?; stty -g",
      "/dev/null",
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = session.stdin.getWriter();
  const type = (text: string) => keys.write(new TextEncoder().encode(text));
  let seen = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of session.stdout) {
      seen += decoder.decode(bytes, { stream: true });
    }
  })();
  const sees = (pattern: RegExp) =>
    eventually(() => Promise.resolve(assertMatch(seen, pattern)), 60);
  await sees(/Escape character/);
  await type("\r");
  await sees(/user@one|\$ /);
  await type("echo $((40+2)) $(whoami)\r");
  await sees(/42 user/);
  await type("\x1d");
  await reading;
  assertMatch(seen, /left 0/);
  const settings = seen.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm)!;
  assertEquals(settings[0], settings.at(-1));
});

Deno.test("vms-clone copies an AppVM while it runs, with another identity", async () => {
  await vms("clone", "one", "three");
  assertEquals(await vms("start", "--wait", "three"), "three\n");
  const [one, three] = [await identity("one"), await identity("three")];
  assertEquals(three!.host, "three");
  for (const key of ["id", "key", "mac"]) {
    assertNotEquals(one![key], three![key]);
  }
  assertEquals(await inGuest("three", "cat", "/home/user/letter"), "mine");
  await inGuest("three", "sh", "-c", "echo theirs > /home/user/letter; sync");
  assertEquals(await inGuest("one", "cat", "/home/user/letter"), "mine");
});

Deno.test("vms-destroy refuses what others rest on, and what runs", async () => {
  await fails(4, 'cannot destroy "one": it is running', "destroy", "one");
  await fails(
    4,
    'cannot destroy "one": three rest on its disks',
    "destroy",
    "--force",
    "one",
  );
});

Deno.test("vms-pause and vms-resume", async () => {
  await vms("pause", "two");
  assertEquals(await vms("list", "--state=paused"), "two\n");
  await fails(4, "it is paused", "start", "two");
  await vms("resume", "two");
  assertEquals(await virsh("domstate", "two"), "running");
});

Deno.test("vms-snapshot of a running VM with its memory brings it back running", async () => {
  await inGuest(
    "two",
    "sh",
    "-c",
    "echo before > /dev/shm/state; echo before > /home/user/file; sync",
  );
  await vms("snapshot", "create", "--memory", "two", "live");
  await inGuest(
    "two",
    "sh",
    "-c",
    "echo after > /dev/shm/state; echo after > /home/user/file; sync",
  );
  await fails(4, "it is running", "snapshot", "revert", "two", "live");
  await vms("snapshot", "revert", "--force", "two", "live");
  assertEquals(await inGuest("two", "cat", "/dev/shm/state"), "before");
  assertEquals(await inGuest("two", "cat", "/home/user/file"), "before");
  assertEquals(await vms("snapshot", "list", "two"), "live\n");
  await vms("snapshot", "delete", "two", "live");
  assertEquals(await vms("snapshot", "list", "two"), "");
  await inGuest("two", "sh", "-c", "cat /home/user/file; sync");
});

Deno.test("vms-list pipes into vms-stop", async () => {
  const running = await vms("list", "--state=running");
  assertEquals(running, "one\nthree\ntwo\n");
  const ran = await run(["vms-stop", "-"], { stdin: running });
  assertEquals([ran.code, ran.stdout], [0, running], ran.stderr);
  assertEquals(await vms("list", "--state=active"), "");
});

Deno.test("vms-snapshot of a VM that is off, and back", async () => {
  const before = await volumes();
  await vms("snapshot", "create", "two", "s1");
  await fails(4, "has one of that name", "snapshot", "create", "two", "s1");
  await fails(
    4,
    "it is not running",
    "snapshot",
    "create",
    "--memory",
    "two",
    "s2",
  );
  await vms("snapshot", "create", "two", "s2");
  await vms("snapshot", "revert", "two", "s1");
  await vms("snapshot", "delete", "two", "s2");
  await vms("snapshot", "delete", "two", "s1");
  assertEquals((await volumes()).length, before.length);
  await fails(
    3,
    'cannot find the snapshot "s1"',
    "snapshot",
    "revert",
    "two",
    "s1",
  );
});

Deno.test("vms-clone gives a bigger disk, and the guest uses it", async () => {
  await vms(
    "clone",
    "--disk=24G",
    "--home-size=3G",
    "--memory=768M",
    "--vcpus=2",
    "minimal",
    "big",
  );
  await vms("start", "--wait", "big");
  const size = async (path: string) =>
    Number(
      await inGuest(
        "big",
        "sh",
        "-c",
        `df -BM --output=size ${path} | tail -1 | tr -dc 0-9`,
      ),
    );
  assertEquals(await size("/") > 22_000, true, `${await size("/")}`);
  assertEquals(await size("/home") > 2_700, true);
  assertEquals(await inGuest("big", "nproc"), "2");
  // Without --cache pacman has its own, as ever.
  assertEquals(/virtiofs/.test(await virsh("dumpxml", "big")), false);
  assertMatch(
    await inGuest("big", "pacman-conf", "CacheDir"),
    /\/var\/cache\/pacman\/pkg/,
  );
  await vms("stop", "--force", "--timeout=0", "big");
});

Deno.test("vms-start --cache lets pacman use the host's cache, for that time", async () => {
  await vms("clone", "minimal", "update");
  await vms("start", "--wait", "--cache", "update");
  await inGuest("update", "systemctl", "is-system-running", "--wait");
  await inGuest("update", "nm-online", "--quiet", "--timeout=120");
  await inGuest("update", "pacman", "-Sy", "--noconfirm", "lab-hello");
  const own = "/var/lib/libvirt/filesystems/pkg/update";
  const names = [...Deno.readDirSync(own)].map(({ name }) => name).sort();
  assertMatch(names.join(" "), /^lab-hello-\S+\.zst lab-hello-\S+\.zst\.sig$/);
  assertMatch(await virsh("dumpxml", "update"), /virtiofs/);
  await vms("stop", "--force", "--timeout=0", "update");
  assertMatch(await vms("cache", "publish", "update"), /lab-hello/);
  assertEquals([...Deno.readDirSync(own)].length, 0);
  // For that time alone.
  const kept = await virsh("dumpxml", "--inactive", "update");
  assertEquals(/virtiofs/.test(kept), false);
  await vms("destroy", "update");
});

Deno.test("vms-destroy takes all of a VM away", async () => {
  await vms("destroy", "three", "one", "two", "big");
  assertEquals(await domains(), ["gui@1", "minimal@1"]);
  assertEquals(await volumes(), ["gui@1.qcow2", "minimal@1.qcow2"]);
});
