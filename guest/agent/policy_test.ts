/** Limits: how they are read, and that they hold. */

import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { AgentError, type AgentSession } from "../../lib/agent/session.ts";
import { withAgent } from "../../tests/local_agent.ts";
import { inFolder } from "../../tests/tree_world.ts";
import { DEFAULT, readPolicy } from "./policy.ts";

async function refused(work: Promise<unknown>): Promise<[number, string]> {
  const { code, message } = await assertRejects(() => work, AgentError);
  return [code, message];
}

async function exec(session: AgentSession, params: object): Promise<number> {
  const said = await session.call("exec_command", params);
  return (said as { exit_code: number }).exit_code;
}

/** The policy of such a file; FOLDER is one that is there. */
async function read(text: string, folder: string) {
  const path = `${folder}/agent.toml`;
  await Deno.writeTextFile(path, text.replaceAll("FOLDER", folder));
  return readPolicy(path);
}

Deno.test("readPolicy: all is as usual where nothing is said", async () => {
  await inFolder(async (folder) => {
    assertEquals(readPolicy(`${folder}/none`), DEFAULT);
    assertEquals(await read("", folder), DEFAULT);
  });
});

Deno.test("readPolicy knows the names of the protocol", async () => {
  await inFolder(async (folder) => {
    const text = `log_level = "debug"
max_message_size_kb = 128
request_timeout_seconds = 5
max_concurrent_requests = 2
[security]
allowed_read_paths = ["/proc"]
allowed_write_paths = []
command_whitelist = ["ls", "/usr/bin/true"]
max_file_size_mb = 1
max_command_timeout_seconds = 7`;
    assertEquals(await read(text, folder), {
      log_level: "debug",
      max_message_size_kb: 128,
      request_timeout_seconds: 5,
      max_concurrent_requests: 2,
      max_requests_per_second: 100,
      security: {
        allowed_read_paths: ["/proc"],
        allowed_write_paths: [],
        allowed_commands: ["ls", "/usr/bin/true"],
        max_file_size_mb: 1,
        max_command_timeout_seconds: 7,
      },
    });
  });
});

Deno.test("readPolicy refuses what it does not understand", async () => {
  const wrong: [text: string, why: string][] = [
    ["log_level = 3", '"log_level" must be one of error, warn, info, debug'],
    [
      'log_level = "loud"',
      '"log_level" must be one of error, warn, info, debug',
    ],
    ['log_file = "/x"', 'unknown key "log_file"'],
    ["constructor = 1", 'unknown key "constructor"'],
    [
      "[security]\ncommand_whitelist = []",
      '"security.command_whitelist" must not be empty: without it all may be run',
    ],
    [
      '[security]\nallowed_commands = ["a"]\ncommand_whitelist = ["b"]',
      '"security.command_whitelist" is "security.allowed_commands" again',
    ],
    [
      '[security]\nallowed_commands = ["./a"]',
      '"./a" is no name and no absolute path',
    ],
    [
      '[security]\nallowed_read_paths = ["home"]',
      '"home" is no absolute path without ".."',
    ],
    [
      '[security]\nallowed_write_paths = ["/home/../etc"]',
      '"/home/../etc" is no absolute path without ".."',
    ],
  ];
  await inFolder(async (folder) => {
    const path = `${folder}/agent.toml`;
    for (const [text, why] of wrong) {
      await Deno.writeTextFile(path, text);
      assertThrows(() => readPolicy(path), Error, `${path}: ${why}`);
    }
  });
});

Deno.test("readPolicy follows links, as far as a path is there", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/real/inner`, { recursive: true });
    await Deno.symlink("real", `${folder}/link`);
    const paths = ["/", "/real/", "/link", "//link/./inner//", "/link/new/x"];
    const list = paths.map((path) => `"FOLDER${path}"`).join();
    const { security } = await read(
      `[security]\nallowed_read_paths = ["/", "//", ${list}]`,
      folder,
    );
    assertEquals(security.allowed_read_paths, [
      "/",
      "/",
      folder,
      `${folder}/real`,
      `${folder}/real`,
      `${folder}/real/inner`,
      `${folder}/real/new/x`,
    ]);
  });
});

withAgent("a path with a slash at its end allows what lies in it", async ({
  session,
  folder,
}) => {
  const path = `${folder}/in/x`;
  const file = { path, content: "x", create_dirs: true };
  assertEquals(await session.call("file_write", file), {
    bytes_written: 1,
    path,
  });
  const { content } = await session.call("file_read", { path }) as {
    content: string;
  };
  assertEquals(content, "x");
  const [code] = await refused(session.call("file_read", { path: folder }));
  assertEquals(code, -32001);
}, {
  policy:
    '[security]\nallowed_read_paths = ["FOLDER//in/"]\nallowed_write_paths = ["FOLDER/in/"]',
});

const LISTED = '[security]\nallowed_commands = ["sh", "env"]';

withAgent(
  "a command that is listed is that one, whatever its environment",
  async ({
    session,
    folder,
  }) => {
    const evil = `${folder}/evil`;
    await Deno.mkdir(evil);
    for (const name of ["sh", "env"]) {
      const script = "#!/bin/sh\nexit 66\n";
      await Deno.writeTextFile(`${evil}/${name}`, script, { mode: 0o755 });
    }
    const params = { command: "sh", args: ["-c", "exit 3"] };
    const variables = [
      ["PATH", evil],
      ["LD_PRELOAD", `${evil}/x.so`],
      ["LD_LIBRARY_PATH", evil],
      ["BASH_ENV", `${evil}/sh`],
      ["ENV", `${evil}/sh`],
      ["PYTHONPATH", evil],
    ];
    for (const root of [true, false]) {
      for (const [name, value] of variables) {
        const environment = { [name!]: value };
        for (const method of ["exec_command", "program_start"]) {
          const given = { ...params, root, environment };
          assertEquals(await refused(session.call(method, given)), [
            -32001,
            `${name} may not be set where allowed commands are listed`,
          ]);
        }
      }
      const environment = { TERM: "xterm", LC_ALL: "C", NO_COLOR: "1" };
      assertEquals(await exec(session, { ...params, root, environment }), 3);
    }
    for (const command of [`${evil}/sh`, "./sh", "evil/sh", "bash"]) {
      const given = { command, working_directory: evil };
      const [code] = await refused(session.call("exec_command", given));
      assertEquals(code, -32001);
    }
  },
  { policy: LISTED },
);

withAgent("another PATH finds another program, but runs nothing else", async ({
  session,
  folder,
}) => {
  await Deno.chmod(folder, 0o755);
  const programs = { "sh": 66, "only-here": 67 };
  for (const [name, code] of Object.entries(programs)) {
    const script = `#!/bin/sh\nexit ${code}\n`;
    await Deno.writeTextFile(`${folder}/${name}`, script, { mode: 0o755 });
  }
  const environment = { PATH: folder };
  for (const root of [true, false]) {
    const run = (command: string) =>
      exec(session, { command, environment, root });
    assertEquals(await run("sh"), 66);
    assertEquals(await run("only-here"), 67);
    assertEquals((await refused(run("true")))[0], -32002);
  }
});

withAgent(
  "a program is called by where it was found",
  async ({ session }) => {
    const given = { command: "sh", args: ["-c", "echo $0"] };
    const { stdout } = await session.call("exec_command", given) as {
      stdout: string;
    };
    // Programs that are several look at its last part.
    assertMatch(stdout, /^\/.*\/sh\n$/);
  },
);

withAgent(
  "the longest time of a command is its usual one, where that is shorter",
  async ({
    session,
  }) => {
    assertEquals(await exec(session, { command: "true" }), 0);
    const long = { command: "true", timeout_seconds: 3 };
    assertEquals(await refused(session.call("exec_command", long)), [
      -32602,
      "timeout_seconds must be at most 2",
    ]);
    const sleep = { command: "sleep", args: ["60"] };
    assertEquals(
      (await refused(session.call("exec_command", sleep)))[0],
      -32003,
    );
  },
  { policy: "[security]\nmax_command_timeout_seconds = 2" },
);
