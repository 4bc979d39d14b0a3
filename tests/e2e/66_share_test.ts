/** Folders of the host in VMs that run. */

import { assertEquals } from "@std/assert";
import { alice, eventually, fails, inGuest, run, virsh, vms } from "./vms.ts";

const HOME = await Deno.realPath(Deno.env.get("HOME")!);
const FOLDER = `${HOME}/client1`;

/** Passwords of VMs lie there. */
const STATE = `${HOME}/.local/state/vms`;

/** An ordinary user of the lab. */
const OWNER = 1100;
const NOTE = "/mnt/client1/note";

/** What a program in the guest left, whatever its exit code. */
async function tryInGuest(script: string): Promise<string> {
  const argv = ["sh", "-c", `{ ${script}; } 2>&1; echo "code $?"`];
  return await inGuest("share-vm", ...argv);
}

/** Of one folder, without what belongs to it. */
function entries(): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
}

/** What a run that failed has left. */
async function clear() {
  for (const name of ["client1", "leaving", "keys", "rooted"]) {
    await Deno.remove(`${HOME}/${name}`, { recursive: true }).catch(() => {});
  }
}

Deno.test("vms-share needs a VM that was started with shared memory", async () => {
  await clear();
  await Deno.mkdir(`${FOLDER}/inner`, { recursive: true });
  await Deno.writeTextFile(`${FOLDER}/note`, "from the host\n");
  await Deno.chmod(`${FOLDER}/note`, 0o600);
  for (const path of [FOLDER, `${FOLDER}/inner`, `${FOLDER}/note`]) {
    await Deno.chown(path, OWNER, OWNER);
  }
  await vms("clone", "minimal", "share-vm");
  await fails(4, "it is off", "share", "share-vm", FOLDER);
  const allowed = await run(["vms-share", "allow", "share-vm"]);
  assertEquals(allowed.code, 0, allowed.stderr);
  assertEquals(allowed.stderr.includes("KSM cannot merge it"), true);
  const made = await run(["vms-clone", "--shares", "minimal", "share-new"]);
  assertEquals([made.code, made.stdout], [0, "share-new\n"], made.stderr);
  assertEquals(made.stderr.includes("KSM cannot merge it"), true, made.stderr);
  // Whatever its source may, a clone may have none.
  await vms("clone", "share-new", "share-copy");
  const shared = async (vm: string) =>
    (await virsh("dumpxml", vm)).includes("<access mode='shared'/>");
  assertEquals(await shared("share-new"), true);
  assertEquals(await shared("share-copy"), false);
  await vms("destroy", "share-copy", "share-new");
  await vms("share", "deny", "share-vm");
  await vms("start", "--wait", "share-vm");
  const hint = "try: vms-share allow share-vm && vms-stop share-vm";
  await fails(4, hint, "share", "share-vm", FOLDER);
  await vms("share", "allow", "share-vm");
  await fails(4, "counts from its next start", "share", "share-vm", FOLDER);
  await vms("stop", "share-vm");
  await vms("start", "--wait", "share-vm");
});

Deno.test("vms-share: root in the VM cannot write to what is read-only", async () => {
  assertEquals(await vms("share", "share-vm", FOLDER), "/mnt/client1\n");
  const read = await inGuest("share-vm", "cat", "/mnt/client1/note");
  assertEquals(read, "from the host");
  for (
    const attempt of [
      "echo x > /mnt/client1/new",
      "mount -o remount,rw /mnt/client1 && echo x > /mnt/client1/new",
      "umount /mnt/client1 && mount -t virtiofs -o rw /mnt/client1 " +
      "/mnt/client1 && echo x > /mnt/client1/new",
      "rm /mnt/client1/note",
      "chmod 777 /mnt/client1/note",
      "chown 0 /mnt/client1",
      "touch /mnt/client1/note",
      "mkdir /mnt/client1/inner/new",
      "mknod /mnt/client1/null c 1 3",
    ]
  ) {
    const said = await tryInGuest(attempt);
    assertEquals(/Read-only file system/.test(said), true, said);
    assertEquals(/code 0$/.test(said), false, said);
  }
  assertEquals(entries(), ["inner", "note"]);
  const text = await Deno.readTextFile(`${FOLDER}/note`);
  assertEquals(text, "from the host\n");
});

Deno.test("vms-share list tells mode and folder, and what has vanished", async () => {
  assertEquals(await vms("share", "list", "share-vm"), "/mnt/client1\n");
  const listed = async () =>
    JSON.parse(await vms("share", "list", "--json", "share-vm"));
  const row = {
    vm: "share-vm",
    folder: FOLDER,
    path: "/mnt/client1",
    writable: false,
    attached: true,
    kept: false,
    gone: false,
  };
  assertEquals(await listed(), row);
  await Deno.rename(FOLDER, `${FOLDER}.away`);
  assertEquals(await listed(), { ...row, gone: true });
  await Deno.rename(`${FOLDER}.away`, FOLDER);
  await fails(4, "is at /mnt/client1", "share", "share-vm", FOLDER);
});

const MEMORY = ["create", "--memory", "share-vm", "one"];

Deno.test("vms-snapshot --memory says that shares are in the way", async () => {
  const open = "folders of the host are open in it: /mnt/client1";
  await fails(4, open, "snapshot", ...MEMORY);
  const hint = "try: vms-snapshot create --memory --detach share-vm one";
  await fails(4, hint, "snapshot", ...MEMORY);
});

Deno.test("vms-share remove says what uses it, and takes it back", async () => {
  const hold = ["systemd-run", "--unit=hold", "--collect", "--"];
  const argv = [...hold, "sh", "-c", "cd /mnt/client1 && exec sleep 600"];
  await inGuest("share-vm", ...argv);
  await inGuest("share-vm", "sleep", "1");
  await fails(4, "target is busy", "share", "remove", "share-vm", FOLDER);
  await fails(4, "target is busy", "snapshot", ...MEMORY, "--detach");
  assertEquals(await vms("snapshot", "list", "share-vm"), "");
  assertEquals(await inGuest("share-vm", "ls", NOTE), NOTE);
  await inGuest("share-vm", "systemctl", "stop", "hold");
  assertEquals(
    await vms("share", "remove", "share-vm", FOLDER),
    "/mnt/client1\n",
  );
  assertEquals(await vms("share", "list", "share-vm"), "");
  await fails(3, "it is not shared", "share", "remove", "share-vm", FOLDER);
  const left = await run(["pgrep", "-f", "^/usr/lib.*virtiofsd .*/mnt"]);
  assertEquals(left.stdout, "");
});

Deno.test("vms-snapshot --memory works when they have been taken back", async () => {
  await vms("snapshot", ...MEMORY);
  assertEquals(await inGuest("share-vm", "echo", "runs"), "runs");
  await vms("snapshot", "delete", "share-vm", "one");
});

/** What the VM has or gets: path, mode, and whether it has it and it is kept. */
async function shares(): Promise<string[]> {
  const text = await vms("share", "list", "--json", "share-vm");
  return text.trim().split("\n").filter(Boolean).map((line) => {
    const { path, writable, attached, kept } = JSON.parse(line);
    const words = [attached && "attached", kept && "kept"].filter(Boolean);
    return [path, writable ? "rw" : "ro", ...words].join(" ");
  }).sort();
}

const MOUNTED = "grep -c ' virtiofs ' /proc/mounts || true";

Deno.test("vms-share gives several folders, and takes back one of them, or all", async () => {
  const inner = ["share-vm", `${FOLDER}/inner`, "--rw"];
  await vms("share", "share-vm", FOLDER);
  await vms("share", ...inner);
  const [one, other] = ["/mnt/client1 ro attached", "/mnt/inner rw attached"];
  assertEquals(await shares(), [one, other]);
  await vms("share", "remove", "share-vm", FOLDER);
  assertEquals(await shares(), [other]);
  await inGuest("share-vm", "touch", "/mnt/inner/made");
  assertEquals((await Deno.stat(`${FOLDER}/inner/made`)).isFile, true);
  await Deno.remove(`${FOLDER}/inner/made`);
  await vms("share", "share-vm", FOLDER);
  const removed = await vms("share", "remove", "share-vm");
  assertEquals(removed.trim().split("\n").sort(), [
    "/mnt/client1",
    "/mnt/inner",
  ]);
  assertEquals(await shares(), []);
  assertEquals(await inGuest("share-vm", "sh", "-c", MOUNTED), "0");
});

Deno.test("vms-snapshot --memory --detach gives shares back as they were, and revert what is kept", async () => {
  const inner = ["share-vm", `${FOLDER}/inner`, "--rw", "--persistent"];
  await vms("share", "share-vm", FOLDER);
  await vms("share", ...inner);
  const [passing, kept] = [
    "/mnt/client1 ro attached",
    "/mnt/inner rw attached kept",
  ];
  assertEquals(await shares(), [passing, kept]);
  assertEquals(await vms("snapshot", ...MEMORY, "--detach"), "one\n");
  assertEquals(await shares(), [passing, kept]);
  assertEquals(await inGuest("share-vm", "ls", NOTE), NOTE);
  const said = await tryInGuest("echo x > /mnt/client1/new");
  assertEquals(/Read-only file system/.test(said), true, said);
  await inGuest("share-vm", "touch", "/mnt/inner/made");
  await vms("snapshot", "revert", "--force", "share-vm", "one");
  await eventually(async () => {
    assertEquals(await shares(), [kept]);
    await inGuest("share-vm", "rm", "/mnt/inner/made");
  });
  // What gave it back may be at its end.
  await eventually(async () => {
    await vms("share", "remove", "share-vm");
  });
  await vms("snapshot", "delete", "share-vm", "one");
  assertEquals(await shares(), []);
});

Deno.test("vms-share --rw: what the VM writes is the owner's, and never root's", async () => {
  await vms("share", "share-vm", FOLDER, "--rw", "--at", "/home/user/work");
  const script = "cd /home/user/work && echo back > new && " +
    "cp /bin/true own && chmod 4755 own && mkdir made";
  await inGuest("share-vm", "runuser", "-u", "user", "--", "sh", "-c", script);
  for (const name of ["new", "own", "made"]) {
    assertEquals((await Deno.stat(`${FOLDER}/${name}`)).uid, OWNER, name);
  }
  const root = "cd /home/user/work && cp /bin/true root && " +
    "chown 0:0 root && chmod 4755 root";
  assertEquals(await tryInGuest(root), "code 0");
  assertEquals((await Deno.stat(`${FOLDER}/root`)).uid, 65534);
  const device = await tryInGuest("mknod /home/user/work/null c 1 3");
  assertEquals(/not permitted/.test(device), true, device);
  // A link leads nowhere but into the VM's own files.
  await tryInGuest("ln -s /etc/machine-id /home/user/work/link");
  const linked = await inGuest("share-vm", "cat", "/home/user/work/link");
  assertEquals(linked, await inGuest("share-vm", "cat", "/etc/machine-id"));
  await vms("share", "remove", "share-vm");
});

Deno.test("vms-share: an ordinary user of the libvirt group shares a folder of hers", async () => {
  const hers = async (script: string) => {
    const ran = await alice("sh", "-c", `cd && ${script}`);
    assertEquals(ran.code, 0, ran.stderr);
    return ran.stdout;
  };
  await hers("mkdir -p letters && echo hers > letters/note");
  const at = "/mnt/letters";
  assertEquals(await hers(`vms-share --rw share-vm ~/letters`), `${at}\n`);
  const answer = `cat ${at}/note; echo back > ${at}/answer; stat -c %U ${at}`;
  const words = ["vms-exec", "share-vm", "--", "sh", "-c", answer];
  assertEquals((await alice(...words)).stdout, "hers\nuser\n");
  assertEquals(
    await hers("stat -c '%U %G' letters/answer; cat letters/answer"),
    "alice alice\nback\n",
  );
  await hers("vms-snapshot create --memory --detach share-vm hers");
  assertEquals(
    (await alice("vms-exec", "share-vm", "--", "cat", `${at}/note`))
      .stdout,
    "hers\n",
  );
  await hers("vms-snapshot delete share-vm hers");
  await hers(`vms-share remove share-vm ${at} && rm -r letters`);
  await hers("vms-share deny share-vm");
  const kept = await virsh("dumpxml", "--inactive", "share-vm");
  assertEquals(kept.includes("<access mode='shared'/>"), false);
  assertEquals(await hers("vms-share allow share-vm"), "share-vm\n");
});

Deno.test("vms-share --persistent: vms-start gives it again", async () => {
  await vms("share", "share-vm", FOLDER, "--persistent");
  await vms("stop", "share-vm");
  assertEquals(await vms("share", "list", "share-vm"), "/mnt/client1\n");
  await vms("start", "--wait", "share-vm");
  await eventually(async () => {
    assertEquals(await inGuest("share-vm", "ls", "/mnt/client1/note"), NOTE);
  });
  // What gave it back may be at its end.
  await eventually(async () => {
    await vms("share", "remove", "share-vm", "/mnt/client1");
  });
  assertEquals(await vms("share", "list", "share-vm"), "");
});

Deno.test("vms-share: a folder that vanishes is an error in the VM, and no hang", async () => {
  const folder = `${HOME}/leaving`;
  const note = "/mnt/leaving/note";
  const make = async () => {
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/note`, "still here\n");
    for (const path of [folder, `${folder}/note`]) {
      await Deno.chown(path, OWNER, OWNER);
    }
  };
  await make();
  await vms("share", "share-vm", folder, "--rw", "--persistent");
  assertEquals(await inGuest("share-vm", "cat", note), "still here");
  const warning = `/mnt/leaving is left out: "${folder}" is gone`;
  try {
    await Deno.remove(folder, { recursive: true });
    for (
      const attempt of [
        `cat ${note}`,
        "echo x > /mnt/leaving/new",
        "mkdir /mnt/leaving/made",
        `rm ${note}`,
      ]
    ) {
      // What the guest has looked up it believes for a second.
      await eventually(async () => {
        const said = await tryInGuest(`timeout 20 sh -c '${attempt}'`);
        assertEquals(/code [1-9]\d?$/.test(said), true, said);
      });
    }
    const listed = await vms("share", "list", "--json", "share-vm");
    const { attached, kept, gone } = JSON.parse(listed);
    assertEquals([attached, kept, gone], [true, true, true]);
    // The VM starts without it.
    await vms("stop", "share-vm");
    const started = await run(["vms-start", "--wait", "share-vm"]);
    assertEquals(started.code, 0, started.stderr);
    const without = `share-vm is without /mnt/leaving: "${folder}" is gone`;
    assertEquals(started.stderr.includes(without), true, started.stderr);
    const restored = await run(["vms-share", "restore", "share-vm"]);
    assertEquals([restored.code, restored.stdout], [0, ""], restored.stderr);
    assertEquals(restored.stderr.includes(warning), true, restored.stderr);
    assertEquals(await tryInGuest("! mountpoint -q /mnt/leaving"), "code 0");
    // Once it is back it is given again.
    await make();
    await vms("share", "restore", "share-vm");
    // The process that vms-start left behind may have been quicker.
    await eventually(async () => {
      assertEquals(await inGuest("share-vm", "cat", note), "still here");
    });
    await vms("share", "remove", "share-vm", folder);
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
  assertEquals(await vms("share", "list", "share-vm"), "");
});

Deno.test("vms-share --force gives a folder that is refused without", async () => {
  const keys = `${HOME}/.gnupg`;
  await Deno.mkdir(keys, { recursive: true });
  await Deno.writeTextFile(`${keys}/pubring`, "public\n");
  const words = ["share-vm", keys, "--at", "/mnt/keys"];
  await fails(4, `it lies in ${keys}`, "share", ...words);
  assertEquals(await vms("share", "list", "share-vm"), "");
  assertEquals(await vms("share", ...words, "--force"), "/mnt/keys\n");
  const read = await inGuest("share-vm", "cat", "/mnt/keys/pubring");
  assertEquals(read, "public");
  // It is as read-only as any other.
  const said = await tryInGuest("echo x > /mnt/keys/new");
  assertEquals(/Read-only file system/.test(said), true, said);
  await vms("share", "remove", "share-vm", "/mnt/keys");
  await Deno.remove(keys, { recursive: true });
});

Deno.test("vms-share refuses what is not given away", async () => {
  await Deno.mkdir(`${HOME}/.ssh`, { recursive: true });
  await Deno.symlink(".ssh", `${HOME}/keys`);
  await Deno.mkdir(STATE, { recursive: true });
  for (
    const [word, why] of [
      ["/", "it is the whole system"],
      [HOME, "it is your home"],
      [`${HOME}/.ssh`, `it lies in ${HOME}/.ssh`],
      [`${HOME}/keys`, `it lies in ${HOME}/.ssh`],
      [STATE, `it lies in ${STATE}`],
      ["/etc", "it lies in /etc"],
      ["/var/lib/libvirt/images", "the disks of VMs lie there"],
    ] as const
  ) {
    await fails(4, why, "share", "share-vm", word);
  }
  await fails(3, "there is no such folder", "share", "share-vm", "/none");
  const rooted = `${HOME}/rooted`;
  await Deno.mkdir(rooted);
  await fails(4, "it is root's", "share", "share-vm", rooted, "--rw");
  await Deno.remove(rooted);
  await fails(2, "--at", "share", "share-vm", FOLDER, "--at", "/etc/x");
  assertEquals(await vms("share", "list", "share-vm"), "");
  await vms("destroy", "--force", "share-vm");
  await Deno.remove(FOLDER, { recursive: true });
  await Deno.remove(`${HOME}/keys`);
});
