/** Rebuilds that are killed, that meet, and that go wrong. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  alice,
  disposablesGone,
  domains,
  eventually,
  fails,
  inGuest,
  killedAt,
  mirrorLog,
  RECIPES,
  run,
  virsh,
  vms,
  volumes,
  writeRecipe,
} from "./vms.ts";

/** A template that is quick to build: a package that gui has, and all else a recipe can say. */
const TINY = `parent = "minimal"
packages = ["ttf-dejavu"]
user = "tina"
autologin = true
sudo_password = true
memory = "896M"
disk = "21G"
spice = ["clipboard"]
steps = ["mark.sh"]
[files]
"/etc/tiny" = "tiny"
`;

/** Its own step: in the live system, by what the other steps use. */
const MARK = `in_target id -u "$(value user)" | write_file /etc/marked
`;

let before: string[] = [];

async function writeTiny(directory: string) {
  await Deno.writeTextFile(`${directory}/tiny.toml`, TINY);
  await Deno.writeTextFile(`${directory}/mark.sh`, MARK);
}

/** Whether a process has a file open. */
async function hasOpen(pid: number, path: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const to = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    if (to === path) return true;
  }
  return false;
}

/**
 * Begin a rebuild of all templates, which are tiny alone until it is settled
 * what is due: the others take minutes. It waits for tiny's lock meanwhile.
 */
async function rebuildAll(): Promise<Deno.ChildProcess> {
  const path = "/run/vms/lock/template-tiny";
  using lock = await Deno.open(path, { create: true, write: true });
  await lock.lock(true);
  const title = (name: string, ...words: string[]) =>
    virsh("desc", name, "--config", "--title", ...words);
  const titles = new Map<string, string>();
  for (const name of ["gui@1", "minimal@1"]) {
    titles.set(name, await title(name));
    await title(name, "hidden");
  }
  try {
    const child = new Deno.Command("vms-template", {
      args: ["rebuild", "--all"],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await eventually(async () => {
      assertEquals(await hasOpen(child.pid, path), true);
    });
    return child;
  } finally {
    for (const [name, old] of titles) await title(name, old);
  }
}

Deno.test("an ordinary user's own recipe becomes a template, by the compiled toolkit, and a warm cache saves every download", async () => {
  const mine = `${Deno.env.get("HOME")}/.config/vms/recipes`;
  const hers = "/run/home/alice/.config/vms/recipes";
  await Deno.mkdir(mine, { recursive: true });
  await alice("mkdir", "-p", hers);
  for (const directory of [mine, hers]) await writeTiny(directory);
  const asked = (await mirrorLog()).length;
  // The guest's own files are inside the executable.
  const toolkit = "/run/lab/source/dist/test/vms-template";
  const built = await alice("env", "-C", "/", toolkit, "build", "tiny");
  assertEquals([built.code, built.stdout], [0, "tiny@1\n"], built.stderr);
  const packages = (await mirrorLog()).slice(asked)
    .filter((line) => line.includes(".pkg.tar"));
  assertEquals(packages, [], "a warm cache has them all");
  before = await volumes();
});

// What comes after that is killed in tests/faults/build_test.ts.
const STAGES: [stage: string, pattern: RegExp][] = [
  ["the ISO boots", /boot the ISO/],
  ["packages are installed", /\] 60-packages/],
];

for (const [stage, pattern] of STAGES) {
  Deno.test(`a rebuild killed with -9 while ${stage} leaves the last version serving`, async () => {
    await killedAt(["vms-template", "rebuild", "--trace", "tiny"], pattern);
    assertEquals((await vms("template", "list")).includes("tiny@1\n"), true);
    const doctor = await run(["vms-doctor", "--repair"]);
    assertMatch(doctor.stdout + doctor.stderr, /tiny/);
    assertEquals(await volumes(), before);
    assertEquals(await virsh("list", "--name"), "");
    const again = await run(["vms-doctor", "--json"]);
    assertEquals(/tiny/.test(again.stdout), false, again.stdout);
  });
}

Deno.test("a rebuild ended by a signal takes everything back", async () => {
  const child = new Deno.Command("vms-template", {
    args: ["rebuild", "tiny"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reading = new Response(child.stderr).text();
  await eventually(async () => {
    assertEquals(await virsh("list", "--name"), "tiny@build");
  });
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 143, await reading);
  assertEquals(await volumes(), before);
  assertEquals(await virsh("list", "--name"), "");
});

Deno.test("rebuild --all is silent; of two builds of one template the second says so", async () => {
  const all = await rebuildAll();
  await eventually(async () => {
    assertEquals(await virsh("list", "--name"), "tiny@build");
  });
  await fails(
    4,
    "another command is changing it",
    "template",
    "rebuild",
    "--no-wait",
    "tiny",
  );
  const { stderr: said } = await run([
    "vms-template",
    "build",
    "tiny",
    "--dry-run",
  ]);
  assertMatch(said, /another command builds "tiny": it would wait for it/);
  assertMatch(said, /would build tiny@2 on minimal@1/);
  const { code, stdout, stderr } = await all.output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  assertEquals((await vms("template", "list")).includes("tiny@2\n"), true);
  assertEquals(await volumes(), [...before, "tiny@2.qcow2"].sort());
});

Deno.test("vms-rebuild puts an AppVM on the newest version and keeps home", async () => {
  await vms("clone", "tiny@1", "old");
  await vms("start", "--wait", "old");
  await fails(4, "it is running", "rebuild", "old");
  // What the recipe says beside its packages and files.
  const id = await inGuest("old", "id", "-u", "tina");
  assertEquals(id, "1000");
  assertEquals(await inGuest("old", "cat", "/etc/marked"), id);
  const bytes = await inGuest("old", "lsblk", "-bdno", "SIZE", "/dev/vda");
  assertEquals(Number(bytes), 21 * 2 ** 30);
  assertMatch(await virsh("dominfo", "old"), /^Max memory: +917504 KiB$/m);
  const xml = await virsh("dumpxml", "old");
  assertMatch(xml, /<clipboard copypaste='yes'\/>/);
  assertMatch(xml, /<filetransfer enable='no'\/>/);
  const sudo = (script: string) =>
    inGuest("old", "runuser", "-u", "tina", "--", "sh", "-c", script);
  assertMatch(await sudo("sudo -n id -u 2>&1 || :"), /password is required/);
  const password = (await vms("passwords", "old")).trim();
  assertEquals(await sudo(`echo ${password} | sudo -S id -u 2>/dev/null`), "0");
  const mark =
    "echo mine > /home/tina/letter; echo root > /usr/local/on-root; sync";
  await inGuest("old", "sh", "-c", mark);
  await vms("stop", "old");
  assertEquals(await vms("rebuild", "old"), "old\n");
  assertEquals(
    JSON.parse(await vms("list", "--json", "--template=tiny@2")).name,
    "old",
  );
  assertEquals((await volumes()).includes("old.qcow2"), false);
  await vms("start", "--wait", "old");
  assertEquals(await inGuest("old", "cat", "/home/tina/letter"), "mine");
  assertEquals(
    await inGuest("old", "sh", "-c", "test -e /usr/local/on-root || echo gone"),
    "gone",
  );
  await vms("destroy", "--force", "old");
});

Deno.test("vms-template prune deletes what nothing rests on", async () => {
  await vms("clone", "tiny@1", "old");
  assertEquals(await vms("template", "prune", "tiny"), "");
  await vms("destroy", "old");
  assertEquals(await vms("template", "prune", "tiny"), "tiny@1\n");
  assertEquals((await volumes()).includes("tiny@1.qcow2"), false);
});

Deno.test("vms-template flatten publishes one image, once it is proven, and freezes it where settings say so", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(`${home}/vms`);
  await Deno.writeTextFile(`${home}/vms/vms.toml`, "[warm]\nbake = true\n");
  const env = { XDG_CONFIG_HOME: home };
  const flat = await run(["vms-template", "flatten", "tiny"], { env });
  assertEquals([flat.code, flat.stdout], [0, "tiny@3\n"], flat.stderr);
  assertMatch(flat.stderr, /proving tiny@3: booting/);
  const shown = JSON.parse(await vms("template", "show", "--json", "tiny@3"));
  assertEquals([shown.depth, shown.parent], [1, undefined]);
  await fails(4, "it is one image already", "template", "flatten", "tiny@3");
  await eventually(async () => {
    const frozen = await vms("warm", "list", "--json");
    assertMatch(frozen, /"name":"tiny@3",.*"state":"ready"/);
  }, 300);
  const script = ["sh", "-c", "id -un; cat /etc/tiny"];
  const dispose = ["vms-dispose", "--trace", "tiny@3", "--", ...script];
  const ran = await run(dispose);
  assertEquals([ran.code, ran.stdout], [0, "tina\ntiny"], ran.stderr);
  assertEquals(/booted and not forked/.test(ran.stderr), false, ran.stderr);
  await disposablesGone();
  await vms("warm", "drop", "tiny@3");
  await Deno.remove(home, { recursive: true });
});

/** A recipe with a step of its own, and a service that fails. */
async function writeBroken(step: string) {
  await writeRecipe(
    "broken",
    `parent = "minimal"
services = ["broken"]
steps = ["late.sh"]
[files]
"/etc/systemd/system/broken.service" = """
[Service]
ExecStart=/bin/false
[Install]
WantedBy=multi-user.target
"""
`,
  );
  await Deno.writeTextFile(`${RECIPES}/late.sh`, `${step}\n`);
}

async function ofBroken(): Promise<string[]> {
  const names = [...await volumes(), ...await domains()];
  return names.filter((name) => name.startsWith("broken"));
}

Deno.test("vms-template build --keep keeps the disk of a step that fails", async () => {
  await writeBroken("echo not today >&2; exit 7");
  const ran = await run(["vms-template", "build", "--keep", "broken"]);
  assertEquals([ran.code, ran.stdout], [1, ""], ran.stderr);
  assertMatch(ran.stderr, /step 81-late: it exited with 7: not today/);
  assertMatch(ran.stderr, /the disk of broken@build is kept: --from goes on/);
  assertNotEquals(await ofBroken(), []);
});

Deno.test("a version that does not come up whole is not published, also by --from", async () => {
  await writeBroken("true");
  const build = ["vms-template", "build", "--from=81-late", "broken"];
  const ran = await run(build);
  assertEquals([ran.code, ran.stdout], [1, ""], ran.stderr);
  assertEquals(/60-packages|75-files/.test(ran.stderr), false, ran.stderr);
  assertMatch(ran.stderr, /90-clean-up/);
  assertMatch(
    ran.stderr,
    /cannot prove broken@1: the system is "degraded"; failed units: broken\.service/,
  );
  assertEquals(await ofBroken(), []);
});

Deno.test("vms-template: bad recipes are refused before anything is done", async () => {
  await writeRecipe("loop", 'parent = "loop"\n');
  await fails(
    2,
    "the parents form a loop: loop > loop",
    "template",
    "build",
    "loop",
  );
  await writeRecipe("key", "pakages = []\n");
  await fails(
    2,
    "key.toml:1: pakages: unknown key",
    "template",
    "build",
    "key",
  );
  await fails(
    3,
    'cannot find the recipe "nobody"',
    "template",
    "build",
    "nobody",
  );
});
