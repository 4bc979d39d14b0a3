/** Programs and terminals in a VM without a network. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Terminal } from "../e2e/terminal.ts";
import {
  alice,
  eventually,
  fails,
  processes,
  run,
  virsh,
  vms,
} from "../e2e/vms.ts";

const VM = "exec-vm";
const PROMPT = new RegExp(`user@${VM}.*\\$ `);

Deno.test.beforeAll(async () => {
  await vms("clone", "--start", "--network=none", "minimal", VM);
});
Deno.test.afterAll(async () => {
  await vms("destroy", "--force", VM);
});

/** What `vms-exec` did; bytes in and out. */
async function exec(
  words: string[],
  input?: Uint8Array<ArrayBuffer>,
): Promise<{ code: number; stdout: Uint8Array; stderr: string }> {
  const child = new Deno.Command("vms-exec", {
    args: [VM, "--", ...words],
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input) void new Response(input).body!.pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("vms-exec works as an ordinary user", async () => {
  const ran = await alice("vms-exec", VM, "--", "id", "-un");
  assertEquals([ran.code, ran.stdout], [0, "user\n"], ran.stderr);
});

Deno.test("vms-exec hands on exit codes, output and errors", async () => {
  const script = "echo out; echo err >&2; exit 42";
  const { code, stdout, stderr } = await exec(["sh", "-c", script]);
  const out = new TextDecoder().decode(stdout);
  assertEquals([code, out, stderr], [42, "out\n", "err\n"]);
  await fails(127, "there is no program nope", "exec", VM, "--", "nope");
  assertEquals(await vms("exec", "-r", VM, "--", "id", "-un"), "root\n");
  assertEquals(await vms("exec", "-C", "/usr", VM, "--", "pwd"), "/usr\n");
});

Deno.test("vms-exec is clean for bytes, in both directions", async () => {
  const bytes = new Uint8Array(1_000_003).map((_, at) => (at * at) >> 3);
  const { code, stdout } = await exec(["cat"], bytes);
  assertEquals(code, 0);
  assertEquals(stdout, bytes);
});

/** Random bytes, so many MiB. */
function random(mib: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(mib * 2 ** 20);
  for (let at = 0; at < bytes.length; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  }
  return bytes;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

Deno.test("vms-exec carries more than either end holds, each way and both", async () => {
  const bytes = random(8);
  const sum = await sha256(bytes);
  const text = (out: Uint8Array) => new TextDecoder().decode(out);
  // Nobody reads at first: what is on its way then has to wait.
  const late = ["sh", "-c", "sleep 2; exec sha256sum"];
  const into = await exec(late, bytes);
  assertEquals([into.code, text(into.stdout)], [0, `${sum}  -\n`]);
  const script = "head -c 8388608 /dev/urandom | tee data; sha256sum data >&2";
  const out = await exec(["sh", "-c", script]);
  const came = await sha256(new Uint8Array(out.stdout));
  assertEquals([out.code, out.stderr], [0, `${came}  data\n`]);
  const both = await exec(["cat"], bytes);
  assertEquals(both.code, 0);
  assertEquals(await sha256(new Uint8Array(both.stdout)), sum);
});

Deno.test("vms-exec on a terminal lets a guest draw, and nothing more", async () => {
  const evil = [
    String.raw`\033]0;evil\007`,
    String.raw`\033(\033]0;evil\007`,
    String.raw`\033)\033]52;c;ZXZpbA==\007`,
    String.raw`\033Pq m\033\134\033_evil\033\134`,
    String.raw`\033[6n\033[c\033[?u\033[?2;1;0S\033[21t`,
    String.raw`\302\2350;evil\007`,
    String.raw`\2350;evil\007\23331m`,
  ].join("");
  const red = String.raw`\033[31mred\033[0m\n`;
  for (const to of ["1", "2"]) {
    const words = `vms-exec ${VM} -- sh -c`;
    const line = `${words} "printf '${evil}${red}' >&${to}"`;
    const terminal = new Terminal(line);
    assertEquals(await terminal.ended(), 0, terminal.seen);
    const { seen } = terminal;
    assert(seen.includes("\x1b[31mred\x1b[0m"), JSON.stringify(seen));
    const left = seen.replaceAll("\x1b[31m", "").replaceAll("\x1b[0m", "");
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x1b\x80-\x9f]/.test(left), false, JSON.stringify(seen));
  }
});

Deno.test("vms-exec streams: what comes first is seen first", async () => {
  const child = new Deno.Command("vms-exec", {
    args: [VM, "--", "sh", "-c", "echo first; read line; echo $line"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, "first\n");
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("second\n"));
  assertEquals((await reader.read()).value, "second\n");
  await writer.close();
  assertEquals((await child.status).code, 0);
  await reader.cancel();
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`vms-exec hands on signals: ${signal}`, async () => {
    const script = "trap 'exit 7' TERM; trap 'exit 8' INT; echo up; " +
      "sleep 61 & wait";
    const child = new Deno.Command("vms-exec", {
      args: [VM, "--", "bash", "-c", script],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill(signal);
    assertEquals((await child.status).code, signal === "SIGINT" ? 8 : 7);
    await reader.cancel();
  });
}

Deno.test("vms-exec killed with -9 ends the program and all it started", async () => {
  const child = new Deno.Command("vms-exec", {
    args: [VM, "--", "sh", "-c", "sleep 1234 & echo up; sleep 1235"],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  assertEquals(await processes(VM, "^sleep 123[45]"), "2");
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  await eventually(async () =>
    assertEquals(await processes(VM, "^sleep 123[45]"), "0")
  );
});

Deno.test("vms-exec prefixes what several VMs say, and prints JSON", async () => {
  const script = "echo one; echo two";
  const said = await vms("exec", VM, VM, "--", "sh", "-c", script);
  const lines = [`${VM}: one`, `${VM}: two`];
  assertEquals(said.trimEnd().split("\n").sort(), [
    ...[lines[0], lines[0]],
    ...[lines[1], lines[1]],
  ]);
  assertMatch(
    await vms("exec", "--all", "--template=minimal", "--", "hostname"),
    new RegExp(`^${VM}: ${VM}$`, "m"),
  );
  assertEquals(
    JSON.parse(await vms("exec", "--json", VM, "--", "printf", "\\033x")),
    { name: VM, exit_code: 0, stdout: "\x1bx", stderr: "" },
  );
  await fails(
    2,
    "names and --all exclude each other",
    "exec",
    "-a",
    VM,
    "--",
    "x",
  );
});

Deno.test("vms-shell is a terminal that follows this one", async () => {
  await fails(6, "are no terminal", "shell", VM);
  const session = new Deno.Command("script", {
    args: [
      "-qefc",
      `stty rows 20 cols 70; vms-shell ${VM}; echo left $?`,
      "/dev/null",
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { TERM: "xterm" },
  }).spawn();
  const keys = session.stdin.getWriter();
  const type = (text: string) => keys.write(new TextEncoder().encode(text));
  let seen = "";
  const reading = (async () => {
    for await (
      const text of session.stdout.pipeThrough(new TextDecoderStream())
    ) {
      seen += text;
    }
  })();
  const sees = (pattern: RegExp) =>
    eventually(() => Promise.resolve(assertMatch(seen, pattern)), 60);
  await sees(PROMPT);
  await type("stty size; tty; echo $TERM-$((40+2))\r");
  await sees(/20 70\r+\n\/dev\/pts\/\d+\r+\nxterm-42/);
  await type("sleep 4321\r");
  await eventually(async () =>
    assertEquals(await processes(VM, "^sleep 4321"), "1")
  );
  await type("\x03");
  await type("printf '\\033]0;evil\\007\\033[31mred\\033[0m\\n'\r");
  await eventually(
    () => Promise.resolve(assert(seen.includes("\x1b[31mred\x1b[0m"))),
    60,
  );
  assert(!seen.includes("\x1b]0;"));
  await type("exit 5\r");
  await sees(/left 5/);
  await keys.close();
  await reading;
});

Deno.test("vms-shell tells the guest when the terminal gets another size", async () => {
  const file = await Deno.makeTempFile();
  const terminal = new Terminal(
    `stty rows 20 cols 70; tty >${file}; vms-shell ${VM}; echo left $?`,
  );
  const resize = async (rows: number, cols: number) => {
    const tty = (await Deno.readTextFile(file)).trim();
    const words = ["-F", tty, "rows", `${rows}`, "cols", `${cols}`];
    const { code, stderr } = await run(["stty", ...words]);
    assertEquals(code, 0, stderr);
  };
  await terminal.sees(PROMPT);
  await terminal.type("stty size\r");
  await terminal.sees(/[\r\n]20 70\r/);
  await resize(33, 91);
  // What is typed is echoed, and not at the beginning of a line.
  const until = "until stty size | grep -q '33 91'; do sleep 0.1; done";
  await terminal.type(`${until}; stty size\r`);
  await terminal.sees(/[\r\n]33 91\r/);
  const trap = `trap "stty size; exit 3" WINCH; echo be""gun`;
  await terminal.type(`sh -c '${trap}; while :; do sleep 0.1; done'\r`);
  await terminal.sees(/[\r\n]begun\r/);
  await resize(40, 100);
  await terminal.sees(/[\r\n]40 100\r/);
  await terminal.type("exit $?\r");
  await terminal.sees(/left 3/);
  await terminal.ended();
  await Deno.remove(file);
});

Deno.test("vms-shell killed with -9 ends what ran in its background", async () => {
  const file = await Deno.makeTempFile();
  const terminal = new Terminal(`echo $$ >${file}; exec vms-shell ${VM}`);
  await terminal.sees(PROMPT);
  // A group of its own each, as an interactive shell has it.
  await terminal.type("sleep 1236 & (sleep 1236; true) &\r");
  const left = () => processes(VM, "^[s]leep 1236");
  await eventually(async () => assertEquals(await left(), "2"));
  Deno.kill(Number(await Deno.readTextFile(file)), "SIGKILL");
  await terminal.ended();
  await eventually(async () => assertEquals(await left(), "0"));
  await Deno.remove(file);
});

Deno.test("vms-exec says that a command line is too long, and where it is not", async () => {
  const long = "x".repeat(65_536);
  const { code, stderr } = await exec(["echo", long]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /the command line is too long for a message \(\d+ bytes, at most 65536\): give it on standard input/,
  );
  assertMatch(stderr, new RegExp(`try: vms-exec ${VM} -- sh <FILE`));
  const script = new TextEncoder().encode(`echo ${long}`);
  const { stdout } = await exec(["sh"], script);
  assertEquals(new TextDecoder().decode(stdout), `${long}\n`);
});

/** vms-shell, and behind it whether the terminal is as it was. */
function inShell() {
  const state = "stty -g";
  return new Terminal(
    `was=$(${state}); vms-shell ${VM}; echo left $?; test "$was" = "$(${state})" && echo same`,
  );
}

Deno.test("vms-shell leaves by Enter ~ . and puts the terminal back", async () => {
  const terminal = inShell();
  await terminal.sees(PROMPT);
  await terminal.type("\r");
  await terminal.type("~.");
  await terminal.sees(/left \d+\r\nsame/);
  await terminal.ended();
});

Deno.test("vms-shell ends with its VM, says so, and puts the terminal back", async () => {
  const terminal = inShell();
  await terminal.sees(PROMPT);
  await virsh("destroy", VM);
  await terminal.sees(/vms-shell: .*exec-vm/);
  await terminal.sees(/left [1-9]\d*\r\nsame/);
  await terminal.ended();
});
