/** Running commands as a person would, from tests in the lab. */

import { assertEquals, assertMatch } from "@std/assert";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
}

/** Milliseconds; then the test fails. Builds take minutes on a busy host. */
const LONGEST = 1_800_000;

/** Run a program to its end. */
export async function run(
  argv: string[],
  { stdin, env }: RunOptions = {},
): Promise<Ran> {
  const [program, ...args] = argv;
  const child = new Deno.Command(program!, {
    args,
    env,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST);
  if (stdin !== undefined) {
    await new Response(stdin).body!.pipeTo(child.stdin);
  }
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Run `vms-NAME` that must succeed; hand back its standard output. */
export async function vms(name: string, ...args: string[]): Promise<string> {
  const ran = await run([`vms-${name}`, ...args]);
  assertEquals(ran.code, 0, `vms-${name} ${args.join(" ")}:\n${ran.stderr}`);
  return ran.stdout;
}

/** Run `vms-NAME` that must fail so, with these words in its error. */
export async function fails(
  code: number,
  words: string,
  name: string,
  ...args: string[]
): Promise<void> {
  const ran = await run([`vms-${name}`, ...args]);
  const said = `vms-${name} ${args.join(" ")}: ${ran.code}\n${ran.stderr}`;
  assertEquals(ran.code, code, said);
  assertEquals(ran.stderr.includes(words), true, `${said}\nwanted: ${words}`);
  assertEquals(ran.stdout, "", said);
}

/** What makes a command one of alice, who is in the libvirt group and nothing more. */
export function asAlice(): string[] {
  const enter = `${Deno.env.get("LAB_SOURCE")}/tests/lab/enter`;
  return [enter, "--user", "alice"];
}

/** Begin a command and kill it with -9 when what it prints to standard error matches. */
export async function killedAt(
  [program, ...args]: string[],
  pattern: RegExp,
): Promise<void> {
  const child = new Deno.Command(program!, {
    args,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST);
  let seen = "";
  for await (const bytes of child.stderr) {
    seen += new TextDecoder().decode(bytes);
    if (pattern.test(seen)) break;
  }
  clearTimeout(timer);
  // Where it has ended by itself, this tells why.
  assertMatch(seen, pattern);
  child.kill("SIGKILL");
  await child.status;
  // What it was copying or deleting by ends by itself.
  await eventually(async () => {
    const { stdout } = await run(["pgrep", "-af", "^virsh .* vol-"]);
    assertEquals(stdout, "");
  });
}

/** Run a command as alice. */
export function alice(...argv: string[]): Promise<Ran> {
  return run([...asAlice(), ...argv]);
}

/** End libvirtd, as a crash with `--kill`, and start it anew unless `--stop` is given. */
export async function restartLibvirtd(...options: string[]): Promise<void> {
  const restart = `${Deno.env.get("LAB_SOURCE")}/tests/lab/restart-libvirtd`;
  const { code, stderr } = await run([restart, ...options]);
  assertEquals(code, 0, stderr);
}

/** Standard output of virsh. */
export async function virsh(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["virsh", ...args]);
  assertEquals(code, 0, stderr);
  return stdout.trim();
}

/** Names of all volumes, sorted. */
export async function volumes(): Promise<string[]> {
  await virsh("pool-refresh", "default");
  const table = await virsh("vol-list", "default");
  return table.split("\n").slice(2).map((line) => line.trim().split(/\s+/)[0]!)
    .filter(Boolean).sort();
}

/** Names of all domains, sorted. */
export async function domains(): Promise<string[]> {
  const names = await virsh("list", "--all", "--name");
  return names.split("\n").filter(Boolean).sort();
}

/** Where commands leave things outside of the pool. */
const PLACES = [
  "/run/vms",
  `${Deno.env.get("HOME")}/.local/state/vms/passwords`,
  "/var/lib/libvirt/filesystems/pkg",
  "/var/lib/libvirt/qemu/nvram",
];

/**
 * Paths of what lies there, sorted; but for folders that come with the first
 * use, and what each command makes for a moment.
 */
export function leftThere(): string[] {
  const passes = /^\/run\/vms\/(lock$|agent$|probe-)/;
  return PLACES.flatMap((place) => {
    try {
      return [...Deno.readDirSync(place)].map(({ name }) => `${place}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }).filter((path) => !passes.test(path)).sort();
}

/** Wait until disposables are gone: they are removed in the background. */
export async function disposablesGone(): Promise<void> {
  await eventually(async () => {
    const left = (await domains()).filter((name) => name.startsWith("disp-"));
    assertEquals(left, []);
  });
}

/**
 * One command of qemu-guest-agent; again where a busy guest missed libvirt's
 * five seconds to greet it, and where one that was not forked still boots.
 */
async function askGuest(vm: string, command: object) {
  const argv = ["virsh", "qemu-agent-command", vm, JSON.stringify(command)];
  for (let missed = 0, booting = 0;;) {
    const { code, stdout, stderr } = await run(argv);
    if (code === 0) return JSON.parse(stdout).return;
    if (stderr.includes("not available for now")) missed++;
    else if (stderr.includes("is not connected")) booting++;
    else throw new Error(stderr);
    if (missed === 12 || booting === 180) throw new Error(stderr);
    if (booting > 0) await new Promise((done) => setTimeout(done, 1000));
  }
}

/** Run a program in a VM by its guest agent; hand back its output. */
export async function inGuest(vm: string, ...argv: string[]): Promise<string> {
  const ask = (command: object) => askGuest(vm, command);
  const [path, ...arg] = argv;
  const { pid } = await ask({
    execute: "guest-exec",
    arguments: { path, arg, "capture-output": true },
  });
  for (let attempt = 0; attempt < 600; attempt++) {
    const status = await ask({
      execute: "guest-exec-status",
      arguments: { pid },
    });
    if (status.exited) {
      const text = atob(status["out-data"] ?? "");
      assertEquals(
        status.exitcode,
        0,
        `${argv.join(" ")}: ${text}${atob(status["err-data"] ?? "")}`,
      );
      return text.trim();
    }
    // Each question costs an emulated guest a tenth of a second.
    const pause = Math.min(100 + attempt * 50, 1000);
    await new Promise((done) => setTimeout(done, pause));
  }
  throw new Error(`${argv.join(" ")} in ${vm} does not end`);
}

/** How many run in the guest whose command line matches. */
export async function processes(vm: string, words: string): Promise<string> {
  return await inGuest(vm, "sh", "-c", `pgrep -cf '${words}' || true`);
}

/** Try until it holds; the message of the last failure where it never does. */
export async function eventually(
  check: () => Promise<void>,
  seconds = 60,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (true) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 300));
    }
  }
}

/** What the mirror was asked for since the last call, as `STATUS PATH`. */
export async function mirrorLog(): Promise<string[]> {
  const path = Deno.env.get("LAB_MIRROR_LOG")!;
  const lines = (await Deno.readTextFile(path)).trim().split("\n");
  return lines.map((line) => {
    const [, , status, , url] = line.split("\t");
    return `${status} ${url}`;
  });
}

/** Where the user's own recipes lie. */
export const RECIPES = `${Deno.env.get("HOME")}/.config/vms/recipes`;

/** A recipe of the user, for one test. */
export async function writeRecipe(name: string, text: string): Promise<void> {
  await Deno.mkdir(RECIPES, { recursive: true });
  await Deno.writeTextFile(`${RECIPES}/${name}.toml`, text);
}
