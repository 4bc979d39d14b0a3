/** The real agent, and the asking end, over pipes instead of a port. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { runProgram, startProgram } from "./program.ts";
import { AGENT, withAgent } from "../../tests/local_agent.ts";
import { AgentError } from "./session.ts";

async function refused(work: Promise<unknown>): Promise<number> {
  return (await assertRejects(() => work, AgentError)).code;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

withAgent("the agent answers the methods of its protocol", async ({
  session,
}) => {
  const keys = async (method: string) =>
    Object.keys(await session.call(method) as object).sort();
  assertEquals(await keys("ping"), ["pong", "timestamp"]);
  assertEquals(
    await keys("get_agent_info"),
    ["capabilities", "platform", "protocol_version", "version"],
  );
  assertEquals(await keys("get_system_info"), [
    "architecture",
    "cpu_count",
    "hostname",
    "kernel_version",
    "os_name",
    "os_type",
    "os_version",
    "total_memory_kb",
    "uptime_seconds",
  ]);
  const { interfaces } = await session.call("get_network_info") as {
    interfaces: object[];
  };
  assertEquals(Object.keys(interfaces[0]!).sort(), [
    "ipv4_addresses",
    "ipv6_addresses",
    "mac_address",
    "mtu",
    "name",
    "state",
  ]);
  const { filesystems } = await session.call("get_disk_usage") as {
    filesystems: { mount_point: string; total_bytes: number }[];
  };
  const root = filesystems.find(({ mount_point }) => mount_point === "/");
  assert(root && root.total_bytes > 0);
  assertEquals(await refused(session.call("nothing")), -32601);
});

withAgent("exec_command runs without a shell and tells how it ended", async ({
  session,
}) => {
  const exec = async (params: object) => {
    const { execution_time_ms, ...rest } = await session.call(
      "exec_command",
      params,
    ) as Record<string, unknown>;
    assert(typeof execution_time_ms === "number");
    return rest;
  };
  assertEquals(await exec({ command: "echo", args: ["$HOME; ls"] }), {
    exit_code: 0,
    stdout: "$HOME; ls\n",
    stderr: "",
  });
  const failing = { command: "sh", args: ["-c", "echo no >&2; exit 3"] };
  assertEquals(await exec(failing), {
    exit_code: 3,
    stdout: "",
    stderr: "no\n",
  });
  assertEquals(
    await exec({ command: "pwd", working_directory: "/usr", root: true }),
    { exit_code: 0, stdout: "/usr\n", stderr: "" },
  );
  const call = (params: object) => session.call("exec_command", params);
  assertEquals(await refused(call({ command: "no-such-program" })), -32002);
  assertEquals(await refused(call({ command: 1 })), -32602);
  for (const working_directory of ["/nowhere", "/etc/passwd"]) {
    const error = await assertRejects(
      () => call({ command: "true", working_directory }),
      AgentError,
      `there is no directory ${working_directory}`,
    );
    assertEquals(error.code, -32002);
  }
  assertEquals(
    await refused(
      call({ command: "sleep", args: ["9"], timeout_seconds: 0.2 }),
    ),
    -32003,
  );
  assertEquals(
    await refused(call({ command: "true", timeout_seconds: 301 })),
    -32602,
  );
});

withAgent("file_write and file_read keep bytes and modes", async ({
  session,
  folder,
}) => {
  const path = `${folder}/made/by/x`;
  const content = new Uint8Array([0, 255, 10]).toBase64();
  assertEquals(
    await session.call("file_write", {
      path,
      content,
      encoding: "base64",
      create_dirs: true,
      permissions: "0600",
    }),
    { bytes_written: 3, path },
  );
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals(
    await session.call("file_read", { path, encoding: "base64" }),
    { content, size_bytes: 3, encoding: "base64" },
  );
  const missing = session.call("file_read", { path: `${folder}/none` });
  assertEquals(await refused(missing), -32002);
  // The agent's own directory is not told from where it is.
  for (const relative of ["etc/passwd", "deno.json", "new", "./new"]) {
    const params = { path: relative, content: "x" };
    for (const method of ["file_read", "file_write"]) {
      assertEquals(await refused(session.call(method, params)), -32602);
    }
  }
  const folderRead = session.call("file_read", { path: folder });
  assertEquals(await refused(folderRead), -32001);
});

withAgent(
  "the policy is judged on what links lead to",
  async ({ session, folder }) => {
    for (const name of ["in", "out"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/in/file`, "fine");
    await Deno.writeTextFile(`${folder}/out/file`, "secret");
    await Deno.symlink(`${folder}/out/file`, `${folder}/in/link`);
    await Deno.symlink(`${folder}/out`, `${folder}/in/folder`);
    const read = (path: string) =>
      session.call("file_read", { path: `${folder}/${path}` });
    const write = (path: string) =>
      session.call("file_write", { path: `${folder}/${path}`, content: "x" });
    assertEquals(
      (await read("in/file") as { content: string }).content,
      "fine",
    );
    for (
      const path of ["out/file", "in/link", "in/folder/file", "in/../out/file"]
    ) {
      assertEquals(await refused(read(path)), -32001);
      assertEquals(await refused(write(path)), -32001);
    }
    assertEquals(await refused(write("in/folder/new")), -32001);
    assertEquals(await Deno.readTextFile(`${folder}/out/file`), "secret");
    const exec = (command: string) => session.call("exec_command", { command });
    assertEquals(await refused(exec("id")), -32001);
    assertEquals((await exec("true") as { exit_code: number }).exit_code, 0);
    const long = session.call("file_write", {
      path: `${folder}/in/long`,
      content: "x".repeat(5000),
    });
    assertEquals((await long as { bytes_written: number }).bytes_written, 5000);
  },
  {
    policy: `[security]
allowed_read_paths = ["FOLDER/in"]
allowed_write_paths = ["FOLDER/in"]
allowed_commands = ["true"]
`,
  },
);

withAgent(
  "a link put in place while a file is opened leads nowhere",
  async ({
    session,
    folder,
  }) => {
    for (const name of ["in", "out"]) {
      await Deno.mkdir(`${folder}/${name}/d`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}/d/file`, name);
    }
    await Deno.symlink("../out/d", `${folder}/in/swap`);
    // Turns in/d into a link to out/d and back as fast as it can.
    const swapping = new Deno.Command("sh", {
      args: [
        "-c",
        "while :; do mv -T d e; mv -T swap d; mv -T d swap; mv -T e d; done",
      ],
      cwd: `${folder}/in`,
    }).spawn();
    const answers = new Set<unknown>();
    try {
      for (let i = 0; i < 60; i++) {
        const path = `${folder}/in/d/file`;
        answers.add(
          await session.call("file_read", { path }).then(
            (said) => (said as { content: string }).content,
            (error) => error.code,
          ),
        );
      }
    } finally {
      swapping.kill("SIGKILL");
      await swapping.status;
    }
    assert(!answers.has("out"), [...answers].join());
  },
  {
    policy: `max_requests_per_second = 10000
[security]
allowed_read_paths = ["FOLDER/in"]
`,
  },
);

withAgent(
  "a program's output, input, signals and exit code come through",
  async ({
    session,
  }) => {
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    const bytes = new Uint8Array(3_000_000).map((_, at) =>
      random[at % 60_000]!
    );
    const cat = await runProgram(session, ["cat"], { input: bytes });
    assertEquals(cat.code, 0);
    assertEquals(cat.stdout, bytes);
    const both = ["sh", "-c", "echo out; echo err >&2; exit 42"];
    const { code, stdout, stderr } = await runProgram(session, both);
    assertEquals([code, text(stdout), text(stderr)], [42, "out\n", "err\n"]);
    const sleeping = await startProgram(
      session,
      ["sleep", "60"],
      {},
      () => Promise.resolve(),
    );
    await sleeping.signal("SIGTERM");
    assertEquals(await sleeping.exit, { exit_code: 143, signal: "SIGTERM" });
    const yes = await runProgram(session, ["yes"], { limit: 100_000 });
    assertEquals([yes.truncated, yes.stdout.length <= 100_000], [true, true]);
    assertEquals(
      await refused(startProgram(
        session,
        ["no-such-program"],
        {},
        () => Promise.resolve(),
      )),
      -32002,
    );
  },
);

withAgent("a program on a terminal knows its size, and Ctrl-C", async ({
  session,
}) => {
  let said = "";
  const size = { rows: 11, columns: 22 };
  const script =
    "trap 'echo caught; exit 9' INT; tty >/dev/null && stty size; " +
    "trap 'stty size' WINCH; while :; do sleep 0.1; done";
  const program = await startProgram(
    session,
    ["bash", "-c", script],
    { terminal: size, environment: { TERM: "xterm" } },
    (_, bytes) => {
      said += text(bytes);
      return Promise.resolve();
    },
  );
  const until = async (word: string) => {
    for (let i = 0; !said.includes(word); i++) {
      assert(i < 200, `no ${word} in ${JSON.stringify(said)}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  await until("11 22");
  await program.resize({ rows: 33, columns: 44 });
  await until("33 44");
  await program.write(new Uint8Array([3]));
  assertEquals((await program.exit).exit_code, 9);
  await until("caught");
});

withAgent(
  "the agent does so many things at once, and refuses more",
  async ({ session }) => {
    const sleep = () =>
      session.call("exec_command", { command: "sleep", args: ["1"] });
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => sleep().then(() => 0, (e) => e.code)),
    );
    assertEquals(codes.toSorted(), [-32000, -32000, 0, 0, 0]);
  },
  { policy: "max_concurrent_requests = 3" },
);

withAgent(
  "the agent runs so many programs at once, and answers all the same",
  async ({ session }) => {
    const nothing = () => Promise.resolve();
    const start = () => startProgram(session, ["sleep", "60"], {}, nothing);
    const [first] = [await start(), await start()];
    assertEquals(await refused(start()), -32000);
    const copy = { arguments: ["send", "{}"] };
    assertEquals(await refused(session.call("transfer_start", copy)), -32000);
    assertEquals((await session.call("ping") as { pong: boolean }).pong, true);
    await first.signal("SIGKILL");
    await first.exit;
    await (await start()).signal("SIGKILL");
  },
  { policy: "max_concurrent_requests = 2" },
);

withAgent("a request that is too long is not sent", async ({ session }) => {
  const of = (bytes: number) => session.call("ping", { x: "y".repeat(bytes) });
  const error = await assertRejects(() => of(70_000), Failure);
  assertEquals(error.exit, "usage");
  assertMatch(
    error.message,
    /^cannot ask the agent of "web": the request is too long for a message \(70\d+ bytes, at most 65536\)$/,
  );
  assertEquals((await session.call("ping") as { pong: boolean }).pong, true);
});

withAgent(
  "a policy with shorter messages is heeded",
  async ({ session }) => {
    assertEquals(session.longest, 1024);
    const words = ["x".repeat(1024)];
    const error = await assertRejects(
      () => startProgram(session, ["echo", ...words], {}, async () => {}),
      Failure,
      "the command line is too long for a message",
    );
    assertEquals(error.hint, "vms-exec web -- sh <FILE");
    assertEquals((await session.call("ping") as { pong: boolean }).pong, true);
  },
  { policy: "max_message_size_kb = 1" },
);

Deno.test("an agent with a policy that is wrong does not run", async () => {
  const path = await Deno.makeTempFile();
  const wrong: [string, string][] = [
    ["max_request = 1", 'unknown key "max_request"'],
    [
      "[security]\nallowed_commands = true",
      '"security.allowed_commands" must be a list of strings',
    ],
    [
      "max_concurrent_requests = 0",
      '"max_concurrent_requests" must be a whole number above 0',
    ],
  ];
  for (const [policy, why] of wrong) {
    await Deno.writeTextFile(path, policy);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", AGENT, path],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(success, false);
    assert(text(stderr).includes(`${path}: ${why}`), text(stderr));
  }
  await Deno.remove(path);
});
