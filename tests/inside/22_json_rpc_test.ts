/** JSON-RPC on the port of a VM that runs, byte for byte. */

import { assertEquals } from "@std/assert";
import { takePort } from "../../lib/agent/port.ts";
import { agentFiles } from "../../lib/agent/files.ts";
import { Conversation, demandAnswers, demandReady } from "../conversation.ts";
import { EXCHANGES, INSIDE, LEAVING, PING } from "../exchanges.ts";
import { eventually, fails, inGuest, run, virsh, vms } from "../e2e/vms.ts";

const VM = "json-rpc-vm";

type Work = (conversation: Conversation) => Promise<void>;

/** Where the agent was woken, as QEMU has the port, and nothing was said yet. */
async function onOpened(work: Work) {
  using port = await takePort(VM);
  assertEquals(port?.number, 0);
  await using conversation = new Conversation(port!.socket);
  await work(conversation);
}

function onPort(work: Work): Promise<void> {
  return onOpened(async (conversation) => {
    await conversation.meet();
    await work(conversation);
  });
}

/** It leaves a minute after its host. */
async function wake() {
  assertEquals(JSON.parse(await vms("agent", VM, "ping")).pong, true);
}

Deno.test.beforeAll(async () => {
  await vms("clone", "--start", "--network=none", "minimal", VM);
});
Deno.test.afterAll(async () => {
  await vms("destroy", "--force", VM);
});

Deno.test("whoever opens the port is told that the agent is ready, and needs no handshake", async () => {
  const { version } = await agentFiles();
  await wake();
  for (let i = 0; i < 3; i++) {
    // The agent looks now and then whether its host has left.
    await new Promise((done) => setTimeout(done, 3000));
    await onOpened((conversation) => demandReady(conversation, version));
  }
});

Deno.test("the agent stays with a host that is silent for longer than a minute", async () => {
  await wake();
  await onOpened(async (conversation) => {
    await demandAnswers(conversation, PING);
    await new Promise((done) => setTimeout(done, 75_000));
    await demandAnswers(conversation, PING);
  });
});

Deno.test("JSON-RPC on the port of a VM", async (test) => {
  await wake();
  await onPort(async (conversation) => {
    for (const exchange of EXCHANGES) {
      const { name } = exchange;
      await test.step(name, () => demandAnswers(conversation, exchange));
    }
  });
});

Deno.test("what a host leaves behind on a port is not the next one's", async (test) => {
  await wake();
  for (const leaving of LEAVING) {
    await test.step(leaving.name, async () => {
      await onPort((first) => first.send(...leaving.left));
      await onPort((next) => demandAnswers(next, leaving));
    });
  }
});

Deno.test("commands and programs find the port as they left it", async () => {
  assertEquals(await vms("exec", VM, "--", "echo", "after"), "after\n");
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
  await fails(2, "PARAMS stands in the lines", "agent", VM, "-", "{}");
});

/** The result of a method, asked as scripts do. */
async function asked(method: string, params: object = {}) {
  return JSON.parse(await vms("agent", VM, method, JSON.stringify(params)));
}

Deno.test("files are written and read by the agent, in both encodings", async () => {
  const path = "/home/user/by/agent";
  const text = { path, content: "grüße\n", create_dirs: true };
  assertEquals(await asked("file_write", { ...text, permissions: "0640" }), {
    bytes_written: 8,
    path,
  });
  assertEquals(await inGuest(VM, "stat", "-c", "%U %a", path), "root 640");
  assertEquals(await asked("file_read", { path }), {
    content: "grüße\n",
    size_bytes: 8,
    encoding: "utf8",
  });
  const content = new Uint8Array([0, 255, 10]).toBase64();
  const binary = { path, content, encoding: "base64" };
  assertEquals((await asked("file_write", binary)).bytes_written, 3);
  assertEquals(await asked("file_read", { path, encoding: "base64" }), {
    content,
    size_bytes: 3,
    encoding: "base64",
  });
  assertEquals(
    (await run(["vms-agent", VM, "file_read", `["${path}"]`])).code,
    1,
  );
});

Deno.test("disks and cards are those of the guest", async () => {
  const { filesystems } = await asked("get_disk_usage");
  const root = filesystems.find((one: { mount_point: string }) =>
    one.mount_point === "/"
  );
  assertEquals([root.device, root.fs_type], ["/dev/vda2", "ext4"]);
  assertEquals(root.used_bytes > 0 && root.used_bytes < root.total_bytes, true);
  const { interfaces } = await asked("get_network_info");
  assertEquals(interfaces.map(({ name }: { name: string }) => name), ["lo"]);
  assertEquals(interfaces[0].ipv4_addresses, ["127.0.0.1/8"]);
});

Deno.test("a method that fails inside tells nothing of the inside", async () => {
  const df = await inGuest(VM, "sh", "-c", "readlink -f $(command -v df)");
  await inGuest(VM, "mount", "--bind", "/dev/null", df);
  try {
    await wake();
    await onPort((conversation) => demandAnswers(conversation, INSIDE));
  } finally {
    await inGuest(VM, "umount", df);
  }
});

Deno.test("a VM that is asked to reboot does so", async () => {
  const boot = () => inGuest(VM, "cat", "/proc/sys/kernel/random/boot_id");
  const before = await boot();
  assertEquals((await asked("reboot")).initiated, true);
  await eventually(async () => {
    assertEquals(await boot() === before, false);
  }, 300);
  await wake();
});

Deno.test("vms-agent sends lines from standard input as they are", async () => {
  const ping = '{"jsonrpc":"2.0","method":"ping"}';
  const lines = [
    ping,
    '{"jsonrpc":"2.0","id":"a","method":"get_system_info"}',
    `[${ping},{"jsonrpc":"2.0","id":2,"method":"no_method"}]`,
    `[${ping},${ping}]`,
    "{",
  ];
  for (const words of [[VM, "-"], [VM]]) {
    const stdin = lines.join("\n");
    const { code, stdout } = await run(["vms-agent", ...words], { stdin });
    assertEquals(code, 0);
    const [info, batch, broken, ...more] = stdout.trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    assertEquals([info.id, info.result.hostname], ["a", VM]);
    const message = "method not found";
    const error = { code: -32601, message };
    assertEquals(batch, [{ jsonrpc: "2.0", id: 2, error }]);
    assertEquals([broken.id, broken.error.code, more], [null, -32700, []]);
  }
});

Deno.test("a VM that is asked to shut down in a while does so", async () => {
  assertEquals(await asked("shutdown", { timeout_seconds: 3 }), {
    initiated: true,
    message: "shutdown in 3 s",
  });
  await eventually(
    async () => assertEquals(await virsh("domstate", VM), "shut off"),
    180,
  );
});
