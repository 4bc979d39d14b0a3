/**
 * What methods answer: the fields and types of the protocol's tables, which
 * docs/agent.md has, and the limits it sets.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AgentError, type AgentSession } from "../../lib/agent/session.ts";
import { withAgent } from "../../tests/local_agent.ts";
import { inFolder, listing } from "../../tests/tree_world.ts";
import { writeWhole } from "./file.ts";
import { RpcError } from "./json_rpc.ts";

async function refused(work: Promise<unknown>): Promise<[number, string]> {
  const { code, message } = await assertRejects(() => work, AgentError);
  return [code, message];
}

/** The names of an object's members, and of which type they are. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shape(value[0])] : [];
  if (Number.isSafeInteger(value)) return "integer";
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, shape(one)]),
  );
}

type Table = Record<string, unknown>;

async function ask(
  session: AgentSession,
  method: string,
  params: object = {},
): Promise<Table> {
  return await session.call(method, params) as Table;
}

const SHAPES: Record<string, unknown> = {
  ping: { pong: "boolean", timestamp: "integer" },
  get_agent_info: {
    version: "string",
    protocol_version: "string",
    platform: "string",
    capabilities: ["string"],
  },
  get_system_info: {
    os_type: "string",
    os_name: "string",
    os_version: "string",
    kernel_version: "string",
    hostname: "string",
    architecture: "string",
    cpu_count: "integer",
    total_memory_kb: "integer",
    uptime_seconds: "integer",
  },
};

withAgent("methods answer with the fields and types of the protocol", async ({
  session,
}) => {
  for (const [method, wanted] of Object.entries(SHAPES)) {
    assertEquals(shape(await ask(session, method)), wanted, method);
  }
  const { timestamp } = await ask(session, "ping");
  assertMatch(`${timestamp}`, /^1[0-9]{9}$|^[2-9][0-9]{9}$/);
  const { capabilities } = await ask(session, "get_agent_info");
  const protocol = "ping get_agent_info get_system_info get_network_info " +
    "get_disk_usage exec_command file_read file_write shutdown reboot";
  for (const method of protocol.split(" ")) {
    assert((capabilities as string[]).includes(method), method);
  }
  const info = await ask(session, "get_system_info");
  const system = (path: string) => Deno.readTextFileSync(path).trim();
  assertEquals(info.hostname, system("/proc/sys/kernel/hostname"));
  assertEquals(info.kernel_version, system("/proc/sys/kernel/osrelease"));
  assertEquals(info.os_type, "linux");
  const memory = /^MemTotal:\s+(\d+) kB/m.exec(system("/proc/meminfo"));
  assertEquals(info.total_memory_kb, Number(memory![1]));
});

withAgent(
  "get_network_info tells of every card, addresses with their prefix",
  async ({
    session,
  }) => {
    const { interfaces, ...rest } = await ask(session, "get_network_info");
    assertEquals(rest, {});
    const cards = interfaces as Table[];
    const names = [...Deno.readDirSync("/sys/class/net")].map((one) =>
      one.name
    );
    assertEquals(cards.map(({ name }) => name), names.sort());
    for (const card of cards) {
      const { ipv4_addresses, ipv6_addresses, ...plain } = card;
      assertEquals(shape(plain), {
        name: "string",
        mac_address: "string",
        state: "string",
        mtu: "integer",
      });
      const v4 = ipv4_addresses as string[];
      const v6 = ipv6_addresses as string[];
      v4.forEach((one) => assertMatch(one, /^\d+\.\d+\.\d+\.\d+\/\d{1,2}$/));
      v6.forEach((one) => assertMatch(one, /^[0-9a-f:.]+\/\d{1,3}$/));
    }
    const lo = cards.find(({ name }) => name === "lo")!;
    assertEquals(lo.ipv4_addresses, ["127.0.0.1/8"]);
    assertEquals(lo.mac_address, "00:00:00:00:00:00");
  },
);

withAgent("get_disk_usage tells of what is on disks, in bytes", async ({
  session,
}) => {
  const { filesystems, ...rest } = await ask(session, "get_disk_usage");
  assertEquals(rest, {});
  const all = filesystems as Record<string, number & string>[];
  for (const one of all) {
    assertEquals(shape(one), {
      mount_point: "string",
      device: "string",
      fs_type: "string",
      total_bytes: "integer",
      used_bytes: "integer",
      available_bytes: "integer",
      used_percent: "integer",
    });
    assert(one.used_bytes! <= one.total_bytes!, JSON.stringify(one));
    assert(one.used_percent! <= 100, JSON.stringify(one));
    assert(!["tmpfs", "devtmpfs"].includes(one.fs_type!));
  }
  assert(all.some(({ mount_point }) => mount_point === "/"));
});

withAgent("exec_command keeps no output where none is wanted", async ({
  session,
}) => {
  const script = "echo out; echo err >&2; exit 3";
  const params = { command: "sh", args: ["-c", script], capture_output: false };
  const said = await ask(session, "exec_command", params);
  assertEquals({ ...said, execution_time_ms: 0 }, {
    exit_code: 3,
    stdout: "",
    stderr: "",
    execution_time_ms: 0,
  });
  // More than is kept of one that is wanted.
  const much = "head -c 20000000 /dev/zero";
  const { exit_code } = await ask(session, "exec_command", {
    command: "sh",
    args: ["-c", much],
    capture_output: false,
  });
  assertEquals(exit_code, 0);
});

withAgent("parameters may come by position", async ({ session, folder }) => {
  const path = `${folder}/x`;
  assertEquals(await ask(session, "file_write", [path, "text"]), {
    bytes_written: 4,
    path,
  });
  assertEquals(await ask(session, "file_read", [path, "base64"]), {
    content: btoa("text"),
    size_bytes: 4,
    encoding: "base64",
  });
  const { stdout } = await ask(session, "exec_command", ["echo", ["a", "b"]]);
  assertEquals(stdout, "a b\n");
  const [code] = await refused(session.call("file_read", [path, "utf8", 1]));
  assertEquals(code, -32602);
});

withAgent("text is text, with its marks, and nothing else is", async ({
  session,
  folder,
}) => {
  const path = `${folder}/x`;
  const content = "\ufeffgr\u00fc\u00dfe \u{1f9ea}\0\r\n";
  const written = { path, content, encoding: "utf8" };
  const bytes = new TextEncoder().encode(content);
  assertEquals(await ask(session, "file_write", written), {
    bytes_written: bytes.length,
    path,
  });
  assertEquals(await Deno.readFile(path), bytes);
  const read = { content, size_bytes: bytes.length, encoding: "utf8" };
  assertEquals(await ask(session, "file_read", { path }), read);
  await Deno.writeFile(path, new Uint8Array([0x66, 0xff, 0x66]));
  assertEquals(
    await refused(session.call("file_read", { path })),
    [-32000, "it is no UTF-8: ask for base64"],
  );
  const other = session.call("file_read", { path, encoding: "latin1" });
  assertEquals((await refused(other))[0], -32602);
  const wrong = { path, content: "?", encoding: "base64" };
  assertEquals((await refused(session.call("file_write", wrong)))[0], -32602);
});

withAgent("an answer that is longer than a host reads is none", async ({
  session,
  folder,
}) => {
  const path = `${folder}/x`;
  // Six letters each in JSON.
  await Deno.writeFile(path, new Uint8Array(3 * 1024 * 1024));
  assertEquals(
    await refused(session.call("file_read", { path })),
    [-32000, "the answer is too long"],
  );
  const { size_bytes } = await ask(session, "file_read", [path, "base64"]);
  assertEquals(size_bytes, 3 * 1024 * 1024);
});

const MIB = 1024 * 1024;

withAgent(
  "files that are larger than allowed are neither read nor written",
  async ({
    session,
    folder,
  }) => {
    const path = `${folder}/x`;
    await Deno.writeFile(path, new Uint8Array(2 * MIB).fill(65));
    const { size_bytes } = await ask(session, "file_read", { path });
    assertEquals(size_bytes, 2 * MIB);
    await Deno.writeFile(path, new Uint8Array(2 * MIB + 1).fill(65));
    assertEquals(
      await refused(session.call("file_read", { path })),
      [-32000, `${path} is larger than 2 MiB`],
    );
    // It does not say how long it is.
    const maps = await refused(
      session.call("file_read", { path: "/dev/zero" }),
    );
    assertEquals(maps[0], -32001);
    const content = "A".repeat(2 * MIB + 1);
    assertEquals(
      await refused(session.call("file_write", { path: `${path}y`, content })),
      [-32000, "content is larger than 2 MiB"],
    );
    assertEquals(await Deno.lstat(`${path}y`).catch(() => "none"), "none");
  },
  { policy: "max_message_size_kb = 4096\n[security]\nmax_file_size_mb = 2" },
);

withAgent("a pipe is no file, and nothing is waited for", async ({
  session,
  folder,
}) => {
  const path = `${folder}/pipe`;
  const made = new Deno.Command("mkfifo", { args: [path] });
  assertEquals((await made.output()).code, 0);
  const no = [-32001, `${path} is no file`];
  assertEquals(await refused(session.call("file_read", { path })), no);
  const write = session.call("file_write", { path, content: "x" });
  assertEquals(await refused(write), no);
});

Deno.test("a file that nobody waits for any more is not put in its place", async () => {
  await inFolder(async (folder) => {
    const over = AbortSignal.abort(new RpcError(-32003, "too late"));
    const file = {
      content: new TextEncoder().encode("new"),
      createDirectories: false,
    };
    const write = () => writeWhole(`${folder}/x`, [folder], file, over);
    await assertRejects(write, RpcError, "too late");
    assertEquals(await listing(folder), {});
  });
});

withAgent("a method that takes too long ends, and what it waited for", async ({
  session,
  folder,
}) => {
  assertEquals(
    await refused(session.call("get_disk_usage")),
    [-32003, "it took more than 1 s"],
  );
  // It may have been ended before it wrote anything.
  const said = await Deno.readTextFile(`${folder}/pid`).catch(() => "none");
  const pid = said.trim();
  const gone = () => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z");
    } catch {
      return true;
    }
  };
  for (let i = 0; i < 200 && !gone(); i++) {
    await new Promise((next) => setTimeout(next, 50));
  }
  assert(gone());
  // A command has a time of its own.
  const sleep = { command: "sleep", args: ["1.5"], timeout_seconds: 60 };
  assertEquals((await ask(session, "exec_command", sleep)).exit_code, 0);
}, {
  policy: "request_timeout_seconds = 1",
  programs: { df: "echo $$ > FOLDER/pid; exec sleep 300" },
});
