/** Rebuilds that are killed, that meet, and that go wrong. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  alice,
  domains,
  eventually,
  fails,
  inGuest,
  mirrorLog,
  run,
  virsh,
  vms,
  volumes,
  writeRecipe,
} from "./vms.ts";

/** A template that is quick to build: a file on minimal, and a package that gui has. */
const TINY = `parent = "minimal"
packages = ["ttf-dejavu"]
autologin = true
[files]
"/etc/tiny" = "tiny"
`;

let before: string[] = [];

/** Begin a rebuild and kill it with -9 when what it prints matches. */
async function killedAt(pattern: RegExp): Promise<void> {
  const child = new Deno.Command("vms-template", {
    args: ["rebuild", "tiny"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let seen = "";
  for await (const bytes of child.stderr) {
    seen += new TextDecoder().decode(bytes);
    if (pattern.test(seen)) break;
  }
  assertMatch(seen, pattern);
  child.kill("SIGKILL");
  await child.status;
}

Deno.test("an ordinary user's own recipe becomes a template, by the compiled toolkit, and a warm cache saves every download", async () => {
  await writeRecipe("tiny", TINY);
  const hers = "/run/home/alice/.config/vms/recipes";
  await alice("mkdir", "-p", hers);
  await Deno.writeTextFile(`${hers}/tiny.toml`, TINY);
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

const STAGES: [stage: string, pattern: RegExp][] = [
  ["the ISO boots", /boot the ISO/],
  ["a step runs", /80-services/],
  ["the version is proven", /proving tiny@/],
];

for (const [stage, pattern] of STAGES) {
  Deno.test(`a rebuild killed with -9 while ${stage} leaves the last version serving`, async () => {
    await killedAt(pattern);
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

Deno.test("two builds of one template: the second says so, or waits", async () => {
  const first = run(["vms-template", "rebuild", "tiny"]);
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
  const second = new Deno.Command("vms-template", {
    args: ["build", "tiny", "--dry-run"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [one, two] = await Promise.all([first, second.output()]);
  assertEquals([one.code, one.stdout], [0, "tiny@2\n"], one.stderr);
  const said = new TextDecoder().decode(two.stderr);
  assertMatch(said, /another command builds "tiny": waiting for it/);
  assertMatch(said, /would build tiny@3 on minimal@1/);
});

Deno.test("vms-rebuild puts an AppVM on the newest version and keeps home", async () => {
  await vms("clone", "tiny@1", "old");
  await vms("start", "--wait", "old");
  await fails(4, "it is running", "rebuild", "old");
  const mark =
    "echo mine > /home/user/letter; echo root > /usr/local/on-root; sync";
  await inGuest("old", "sh", "-c", mark);
  await vms("stop", "old");
  assertEquals(await vms("rebuild", "old"), "old\n");
  assertEquals(
    JSON.parse(await vms("list", "--json", "--template=tiny@2")).name,
    "old",
  );
  assertEquals((await volumes()).includes("old.qcow2"), false);
  await vms("start", "--wait", "old");
  assertEquals(await inGuest("old", "cat", "/home/user/letter"), "mine");
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

Deno.test("vms-template flatten publishes one image", async () => {
  assertEquals(await vms("template", "flatten", "tiny"), "tiny@3\n");
  const shown = JSON.parse(await vms("template", "show", "--json", "tiny@3"));
  assertEquals([shown.depth, shown.parent], [1, undefined]);
  await fails(4, "it is one image already", "template", "flatten", "tiny@3");
  const ran = await run(["vms-dispose", "tiny@3", "--", "cat", "/etc/tiny"]);
  assertEquals([ran.code, ran.stdout], [0, "tiny"], ran.stderr);
});

Deno.test("a version that does not come up whole is not published", async () => {
  await writeRecipe(
    "broken",
    `parent = "minimal"
services = ["broken"]
[files]
"/etc/systemd/system/broken.service" = """
[Service]
ExecStart=/bin/false
[Install]
WantedBy=multi-user.target
"""
`,
  );
  const ran = await run(["vms-template", "build", "broken"]);
  assertEquals(ran.code, 1, ran.stderr);
  assertMatch(
    ran.stderr,
    /cannot prove broken@1: the system is "degraded"; failed units: broken\.service/,
  );
  assertEquals(
    (await volumes()).filter((name) => name.startsWith("broken")),
    [],
  );
  assertEquals(
    (await domains()).filter((name) => name.startsWith("broken")),
    [],
  );
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
