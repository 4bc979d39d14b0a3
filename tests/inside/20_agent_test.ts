/** In a VM without a network: exec, shell, files and the agent behind them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { alice, eventually, fails, inGuest, run, vms } from "../e2e/vms.ts";

const VM = "agent-vm";

async function inFolder(work: (path: string) => Promise<void>) {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

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

const processes = async (words: string) =>
  (await inGuest(VM, "sh", "-c", `pgrep -cf '${words}' || true`)).trim();

Deno.test("a VM that is off has no agent, and the error says how to start it", async () => {
  await vms("clone", "--network=none", "minimal", VM);
  for (const name of ["exec", "agent", "cp"]) {
    const words: Record<string, string[]> = {
      exec: [VM, "--", "true"],
      agent: [VM, "ping"],
      cp: [`${VM}:x`, "."],
    };
    await fails(4, "it is shut off", name, ...words[name]!);
    await fails(4, `try: vms-start ${VM}`, name, ...words[name]!);
  }
  await fails(3, "no VM has that name", "exec", "nobody", "--", "true");
  await fails(2, "no CMD stands behind --", "exec", VM);
});

Deno.test("vms-exec works as an ordinary user", async () => {
  await vms("destroy", VM);
  await vms("clone", "--start", "--network=none", "minimal", VM);
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

Deno.test("vms-exec hands on signals", async () => {
  const child = new Deno.Command("vms-exec", {
    args: [
      VM,
      "--",
      "sh",
      "-c",
      "trap 'exit 7' TERM; echo up; sleep 61 & wait",
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 7);
  await reader.cancel();
});

Deno.test("vms-exec killed with -9 ends the program and all it started", async () => {
  const child = new Deno.Command("vms-exec", {
    args: [VM, "--", "sh", "-c", "sleep 1234 & echo up; sleep 1235"],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  assertEquals(await processes("^sleep 123[45]"), "2");
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  await eventually(async () =>
    assertEquals(await processes("^sleep 123[45]"), "0")
  );
});

Deno.test("vms-exec prefixes what several VMs say, and prints JSON", async () => {
  const script = "echo one; echo two";
  assertEquals(
    await vms("exec", VM, VM, "--", "sh", "-c", script),
    `${VM}: one\n${VM}: two\n`.repeat(2),
  );
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

Deno.test("programs at once in one VM take a port each; eight are all", async () => {
  const two = [1, 2].map(() => run(["vms-exec", VM, "--", "sleep", "5"]));
  assertEquals((await Promise.all(two)).map(({ code }) => code), [0, 0]);
  const locks = Array.from(
    { length: 8 },
    (_, port) => `/run/vms/lock/agent-${VM}.${port}`,
  );
  const hold = locks.reduceRight(
    (inner, path) => ["flock", path, ...inner],
    ["sleep", "20"],
  );
  const holder = new Deno.Command(hold[0]!, { args: hold.slice(1) }).spawn();
  try {
    await eventually(() =>
      fails(4, "all of its 8 ports are in use", "exec", VM, "--", "true")
    );
  } finally {
    await holder.status;
  }
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
  await sees(/user@agent-vm.*\$ /);
  await type("stty size; tty; echo $TERM-$((40+2))\r");
  await sees(/20 70\r+\n\/dev\/pts\/\d+\r+\nxterm-42/);
  await type("sleep 4321\r");
  await eventually(async () =>
    assertEquals(await processes("^sleep 4321"), "1")
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
    await eventually(async () =>
      assertEquals(await processes("[t]ransfer.ts receive"), "0")
    );
    assertEquals(
      await inGuest(VM, "sh", "-c", "ls /tmp/big 2>&1 || true"),
      "ls: cannot access '/tmp/big': No such file or directory",
    );
    await Deno.writeTextFile(`${path}/small`, "");
    await vms("cp", `${path}/small`, `${VM}:/tmp`);
    assertEquals(await parts(), "");
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

Deno.test("vms-agent speaks JSON-RPC for scripts", async () => {
  const pong = JSON.parse(await vms("agent", VM, "ping"));
  assertEquals([pong.pong, typeof pong.timestamp], [true, "number"]);
  const info = JSON.parse(await vms("agent", VM, "get_system_info"));
  assertEquals(info.hostname, VM);
  const { code, stdout } = await run(["vms-agent", VM, "no_method"]);
  assertEquals(code, 1);
  assertEquals(JSON.parse(stdout), {
    code: -32601,
    message: "method not found",
  });
  await fails(2, "PARAMS is not JSON", "agent", VM, "ping", "{");
});

Deno.test("the agent leaves when nobody needs it, and comes back", async () => {
  const running = () =>
    inGuest(
      VM,
      "sh",
      "-c",
      "systemctl list-units --no-legend 'vms-agent@*' | wc -l",
    );
  await eventually(async () => assertEquals(await running(), "0"), 180);
  assertEquals(await vms("exec", VM, "--", "echo", "again"), "again\n");
});

Deno.test("the agent killed in the middle is an error, not a hang", async () => {
  const child = new Deno.Command("vms-exec", {
    args: [VM, "--", "sleep", "600"],
    stderr: "piped",
  }).spawn();
  await eventually(async () =>
    assertEquals(await processes("^sleep 600"), "1")
  );
  await inGuest(VM, "systemctl", "kill", "--signal=KILL", "vms-agent@*");
  const { code, stderr } = await child.output();
  assertEquals(code, 5);
  assertMatch(new TextDecoder().decode(stderr), /nothing was heard for 45 s/);
  assertEquals(await vms("exec", VM, "--", "echo", "again"), "again\n");
});

Deno.test("an agent of another version is replaced by the host's", async () => {
  await eventually(
    async () =>
      assertEquals(await inGuest(VM, "sh", "-c", "pgrep -c deno || true"), "0"),
    180,
  );
  await inGuest(VM, "sh", "-c", "echo old > /usr/lib/vms/agent/version");
  const { version } = JSON.parse(await vms("agent", VM, "get_agent_info"));
  assertMatch(version, /^[0-9a-f]{16}$/);
  assertEquals(await inGuest(VM, "cat", "/usr/lib/vms/agent/version"), version);
  await vms("destroy", "--force", VM);
});
