import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { NAME, VERSION, World } from "../tests/iso_world.ts";
import { permittedRun } from "../tests/permitted.ts";
import { iso } from "./vms-iso.ts";

const world = await World.make();
const SIZE = (await Deno.stat(world.served)).size;

Deno.test.afterAll(() => world[Symbol.asyncDispose]());

/** The command with its own permissions, and a mirror that has `fault`. */
async function start(words: string[], fault = ""): Promise<Deno.ChildProcess> {
  const config = world.config({ mirrors: [world.url(fault)] });
  const lines = Object.entries(config).map(([key, value]) =>
    `${key} = ${JSON.stringify(value)}\n`
  );
  const home = join(world.root, "config");
  await Deno.mkdir(join(home, "vms"), { recursive: true });
  await Deno.writeTextFile(
    join(home, "vms/vms.toml"),
    `[iso]\n${lines.join("")}`,
  );
  return new Deno.Command(Deno.execPath(), {
    args: permittedRun(iso, "bin/vms-iso.ts", words),
    env: { XDG_CONFIG_HOME: home },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function vmsIso(...words: string[]) {
  const { code, stdout, stderr } = await (await start(words)).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

Deno.test("vms-iso fetch prints the path, and its steps for people", async () => {
  await world.reset();
  const { code, out, error } = await vmsIso("fetch");
  assertEquals([code, out], [0, `${world.path}\n`]);
  assertEquals(error.split("\n").filter((line) => line.startsWith("[")), [
    "[1/4] look what has been released",
    `[2/4] fetch ${NAME}`,
    "[3/4] check sums",
    "[4/4] check signature",
  ]);
});

Deno.test("vms-iso verify, list and path tell of what was fetched", async () => {
  assertEquals((await vmsIso("verify")).out, `${world.path}\n`);
  assertEquals((await vmsIso("path")).out, `${world.path}\n`);
  assertEquals((await vmsIso("list")).out, `${VERSION}\n`);
  const { verified, ...row } = JSON.parse((await vmsIso("list", "--json")).out);
  assertEquals(row, {
    version: VERSION,
    path: world.path,
    size: SIZE,
    state: "verified",
  });
  assertEquals(new Date(verified).toISOString(), verified);
  const available = await vmsIso("list", "--available", "--json");
  const { sha256, b2, ...release } = JSON.parse(available.out);
  assertEquals([sha256.length, b2.length], [64, 128]);
  assertEquals(release, {
    version: VERSION,
    released: "2026-03-01",
    kernel: "6.18.3",
    available: true,
    state: "verified",
  });
});

Deno.test("vms-iso fetch goes on after it was killed", async () => {
  await world.reset();
  const child = await start(["fetch"], "/fault/slow/400000");
  const part = `${world.path}.part`;
  for (let i = 0; i < 500; i++) {
    const { size } = await Deno.stat(part).catch(() => ({ size: 0 }));
    if (size > 100_000) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  await child.output();
  const kept = [`${NAME}.part`, `${NAME}.sig.part`];
  assertEquals(await world.kept(), kept);
  assertEquals((await vmsIso("path")).code, 3);
  assertEquals((await vmsIso("list", "--json")).out.includes("partial"), true);
  assertEquals((await vmsIso("fetch")).code, 0);
  assertEquals(world.transfers.at(-1)!.startsWith("206 "), true);
  assertEquals(
    await Deno.readFile(world.path),
    await Deno.readFile(world.served),
  );
});

Deno.test("vms-iso refuses words that are no version", async () => {
  assertEquals(await vmsIso("fetch", "../x"), {
    code: 2,
    out: "",
    error: "vms-iso: cannot understand the command line: vms-iso VERSION: " +
      '"../x" is not a version such as 2026.03.01\n' +
      "vms-iso: try: vms-iso --help\n",
  });
});

Deno.test("vms-iso path ends with 3 where there is no ISO", async () => {
  await world.reset();
  assertEquals(await vmsIso("path"), {
    code: 3,
    out: "",
    error: "vms-iso: cannot find an ISO: no verified ISO lies in " +
      `${world.config().directory}\nvms-iso: try: vms-iso fetch\n`,
  });
});
