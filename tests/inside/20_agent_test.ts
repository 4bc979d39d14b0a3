/** The agent in a VM without a network: when it is there, and when not. */

import { assertEquals, assertMatch } from "@std/assert";
import { takePort } from "../../lib/agent/port.ts";
import { Conversation, demandReady } from "../conversation.ts";
import { Terminal } from "../e2e/terminal.ts";
import {
  eventually,
  fails,
  inGuest,
  processes,
  run,
  virsh,
  vms,
} from "../e2e/vms.ts";

const VM = "agent-vm";
const OFF = "agent-off";

Deno.test.beforeAll(async () => {
  await vms("clone", "--start", "--network=none", "minimal", VM);
});
Deno.test.afterAll(async () => {
  await vms("destroy", "--force", VM);
});

Deno.test("a VM that is off has no agent, and the error says how to start it", async () => {
  await vms("clone", "--network=none", "minimal", OFF);
  for (const name of ["exec", "agent", "cp"]) {
    const words: Record<string, string[]> = {
      exec: [OFF, "--", "true"],
      agent: [OFF, "ping"],
      cp: [`${OFF}:x`, "."],
    };
    await fails(4, "it is off", name, ...words[name]!);
    await fails(4, `try: vms-start ${OFF}`, name, ...words[name]!);
  }
  const shell = new Terminal(`vms-shell ${OFF}; echo left $?`);
  await shell.ended();
  assertMatch(shell.seen, /it is off/);
  assertMatch(shell.seen, new RegExp(`try: vms-start ${OFF}\\r\\n`));
  assertMatch(shell.seen, /left 4/);
  await fails(3, "no VM has that name", "exec", "nobody", "--", "true");
  await fails(2, "no CMD stands behind --", "exec", OFF);
  await vms("destroy", OFF);
});

Deno.test("a VM that is paused is not waited for, and the error says how it goes on", async () => {
  await virsh("suspend", VM);
  const words = {
    exec: [VM, "--", "true"],
    agent: [VM, "ping"],
    cp: [`${VM}:x`, "."],
  };
  for (const [name, given] of Object.entries(words)) {
    await fails(4, `try: vms-resume ${VM}`, name, ...given);
  }
  await vms("resume", VM);
  assertEquals(await vms("exec", VM, "--", "echo", "on"), "on\n");
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
    ["sh", "-c", "echo held; sleep 10"],
  );
  const holder = new Deno.Command(hold[0]!, {
    args: hold.slice(1),
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  try {
    await fails(4, "all of its 8 ports are in use", "exec", VM, "--", "true");
  } finally {
    await reader.cancel();
    await holder.status;
  }
});

Deno.test("the agent leaves when nobody needs it, and comes back", async () => {
  const list = "systemctl list-units --no-legend 'vms-agent@*' | wc -l";
  await eventually(async () => {
    assertEquals(await inGuest(VM, "sh", "-c", list), "0");
    assertEquals(await processes(VM, "[d]eno"), "0");
  }, 180);
  assertEquals(await vms("exec", VM, "--", "echo", "again"), "again\n");
});

/** Another agent in the place of the guest's, by a link. */
const OTHER = `cd /usr/lib/vms && rm -rf agent-other &&
  cp -r agent/. agent-other && echo other > agent-other/version &&
  sed -i 's/pong: true/pong: "other"/' agent-other/method.ts &&
  ln -sfnT agent-other agent.new && mv -T agent.new agent`;

Deno.test("an agent of another version is replaced by the host's", async () => {
  await inGuest(VM, "systemctl", "stop", "vms-agent@*");
  const link = () => inGuest(VM, "readlink", "/usr/lib/vms/agent");
  await inGuest(VM, "sh", "-c", OTHER);
  assertEquals(await link(), "agent-other");
  await inGuest(VM, "systemctl", "start", "vms-agent@0");
  {
    using port = await takePort(VM);
    assertEquals(port?.number, 0);
    await using conversation = new Conversation(port!.socket);
    await demandReady(conversation, "other", "other");
  }
  // It is that one which runs now, and another one that answers.
  assertEquals(JSON.parse(await vms("agent", VM, "ping")).pong, true);
  const { version } = JSON.parse(await vms("agent", VM, "get_agent_info"));
  assertMatch(version, /^[0-9a-f]{16}$/);
  assertEquals(await inGuest(VM, "cat", "/usr/lib/vms/agent/version"), version);
  assertEquals(await link(), `agent-${version}`);
});

Deno.test("the agent killed in the middle is an error, not a hang", async () => {
  const child = new Deno.Command("vms-exec", {
    args: [VM, "--", "sleep", "600"],
    stderr: "piped",
  }).spawn();
  await eventually(async () =>
    assertEquals(await processes(VM, "[s]leep 600"), "1")
  );
  await inGuest(VM, "systemctl", "kill", "--signal=KILL", "vms-agent@*");
  const { code, stderr } = await child.output();
  assertEquals(code, 5);
  assertMatch(new TextDecoder().decode(stderr), /nothing was heard for 45 s/);
  assertEquals(await vms("exec", VM, "--", "echo", "again"), "again\n");
});

Deno.test("what a VM may be asked for says its agent.toml, and what is wrong with that too", async () => {
  const policy = (text: string) =>
    inGuest(
      VM,
      "sh",
      "-c",
      `systemctl stop 'vms-agent@*' && mkdir -p /etc/vms &&
        printf '${text}' > /etc/vms/agent.toml`,
    );
  await policy(
    '[security]\\nallowed_commands = ["hostname"]\\n' +
      'allowed_write_paths = ["/tmp"]\\n',
  );
  assertEquals(await vms("exec", VM, "--", "hostname"), `${VM}\n`);
  assertEquals((await run(["vms-exec", VM, "--", "true"])).code, 126);
  await vms("cp", "/etc/hostname", `${VM}:/tmp/allowed`);
  const refused = await run(["vms-cp", "/etc/hostname", `${VM}:refused`]);
  assertEquals(refused.code, 1, refused.stderr);
  assertMatch(refused.stderr, /is in no allowed path/);
  await policy("nonsense = 1\\n");
  await fails(1, "/etc/vms/agent.toml: ", "exec", VM, "--", "true");
  await inGuest(VM, "rm", "/etc/vms/agent.toml");
  assertEquals(await vms("exec", VM, "--", "echo", "again"), "again\n");
});
