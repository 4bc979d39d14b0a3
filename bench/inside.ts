/** Programs and files in a VM, against ssh, scp and qemu-guest-agent. */

import { connectToAgent } from "../lib/agent/connect.ts";
import { runInGuest } from "../lib/agent/guest_agent.ts";
import type { Context } from "../lib/command/context.ts";
import { type Connection, open } from "../lib/libvirt/connection.ts";
import { AGENT_PORTS, agentSocket } from "../lib/config/places.ts";
import { type Finding, kibibytes, milliseconds, times } from "./finding.ts";
import { answer, run, runAll, succeeds } from "./program.ts";
import { race, type Series } from "./race.ts";
import type { Template } from "./world.ts";

const VM = "bench-inside";
const MEGABYTES = 256;

/** Questions in one session. */
const PINGS = 100;

/** Milliseconds after which an agent that nobody asks has left. */
const LEAVES = 75_000;

export async function benchInside(
  { name }: Template,
  rounds: number,
): Promise<Finding[]> {
  const folder = await Deno.makeTempDir();
  try {
    await runAll([["vms-clone", "--start", name, VM]]);
    const ssh = await letIn(folder);
    const file = `${folder}/data`;
    const dd = ["dd", "if=/dev/urandom", `of=${file}`, "bs=1M"];
    await runAll([[...dd, `count=${MEGABYTES}`]]);
    const [ours, theirs, agent] = await race([
      {
        name: "vms-exec true",
        work: () => runAll([["vms-exec", VM, "--", "true"]]),
      },
      { name: "ssh true", work: () => runAll([[...ssh.shell, "true"]]) },
      { name: "guest-exec true", work: guestExec },
    ], rounds);
    const [copy, secure] = await race([
      {
        name: `vms-cp of ${MEGABYTES} MiB`,
        work: () => runAll([["vms-cp", "--force", file, `${VM}:data`]]),
      },
      {
        name: `scp of ${MEGABYTES} MiB`,
        work: () => runAll([[...ssh.copy, file, `${ssh.host}:data2`]]),
      },
    ], Math.min(rounds, 3));
    return [
      times(ours!, theirs!, { atMost: 1 }),
      times(ours!, agent!, { atMost: 3 }),
      times(copy!, secure!, { atMost: 1 }),
      times(copy!, await port(Math.min(rounds, 3))),
      ...await session(file),
    ];
  } finally {
    await succeeds("vms-destroy", "--force", VM);
    await Deno.remove(folder, { recursive: true });
  }
}

/** As many bytes through the port, which nobody looks at. */
async function port(rounds: number): Promise<Series> {
  // The last one: vms takes the first that is free.
  const number = AGENT_PORTS - 1;
  const inside = `/dev/virtio-ports/org.vms.agent.${number}`;
  const bytes = MEGABYTES * 2 ** 20;
  const piece = new Uint8Array(2 ** 20);
  const [series] = await race([{
    name: `${MEGABYTES} MiB through the port`,
    work: async () => {
      const read = `head -c ${bytes} ${inside} >/dev/null`;
      const reader = run(["vms-exec", "--root", VM, "--", "sh", "-c", read]);
      const path = agentSocket(VM, number);
      const socket = await Deno.connect({ transport: "unix", path });
      const writer = socket.writable.getWriter();
      for (let i = 0; i < MEGABYTES; i++) await writer.write(piece);
      await reader;
      socket.close();
    },
  }], rounds);
  return series!;
}

/**
 * Questions to an agent that is there, and what agents take up: while a program
 * runs, while the file is copied, and when nobody asks any more.
 */
async function session(file: string): Promise<Finding[]> {
  const connection = await open({ run } as Context);
  const wall: number[] = [];
  {
    await using agent = await connectToAgent(connection, VM);
    for (let i = 0; i < PINGS; i++) {
      const began = performance.now();
      await agent.call("ping", {});
      wall.push(performance.now() - began);
    }
  }
  const used = await most(connection, ["vms-exec", VM, "--", "sleep", "5"]);
  const copy = ["vms-cp", "--force", file, `${VM}:data`];
  const copying = await most(connection, copy);
  const idle = await resident(connection);
  await new Promise((done) => setTimeout(done, LEAVES));
  return [
    milliseconds({ name: "ping, in a session", wall, cpu: 0 }),
    kibibytes("agents while a program runs, resident", [used]),
    kibibytes(`agents while ${MEGABYTES} MiB are copied, resident`, [copying]),
    kibibytes("agents when the session has ended, resident", [idle]),
    kibibytes("agents a minute later, resident", [await resident(connection)]),
  ];
}

/** The most that agents take up while a program of ours goes on. */
async function most(connection: Connection, argv: string[]): Promise<number> {
  let bytes = 0;
  let over = false;
  const ended = run(argv).finally(() => over = true);
  // It is told once it is waited for.
  ended.catch(() => {});
  while (!over) bytes = Math.max(bytes, await resident(connection));
  await ended;
  return bytes;
}

/** Bytes of all agents, by qemu-guest-agent: asking them would wake them. */
async function resident({ virsh }: Connection): Promise<number> {
  const sum = "ps -C deno -o rss= | awk '{ all += $1 } END { print all + 0 }'";
  const { stdout } = await runInGuest(virsh, VM, ["sh", "-c", sum], 60);
  return Number(new TextDecoder().decode(stdout)) * 1024;
}

/** A program by qemu-guest-agent, as scripts do it: begin, then ask for its end. */
async function guestExec() {
  const ask = async (command: object) =>
    JSON.parse(
      await answer("virsh", "qemu-agent-command", VM, JSON.stringify(command)),
    ).return;
  const { pid } = await ask({
    execute: "guest-exec",
    arguments: { path: "true" },
  });
  const status = { execute: "guest-exec-status", arguments: { pid } };
  while (!(await ask(status)).exited) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** A key for ssh in the VM, and a rule by which its answers reach this host. */
async function letIn(folder: string) {
  const key = `${folder}/key`;
  await run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", key]);
  const inside = (...argv: string[]) =>
    run(["vms-exec", "--root", VM, "--", ...argv]);
  await inside("install", "-d", "-o", "user", "-m", "700", "/home/user/.ssh");
  await runAll([["vms-cp", `${key}.pub`, `${VM}:.ssh/authorized_keys`]]);
  await inside("systemctl", "start", "sshd");
  await inside("nm-online", "--quiet", "--timeout=180");
  await runAll([["vms-firewall", VM, "allow", "any", "to", "192.168.122.1"]]);
  const said = await inside("ip", "-4", "-br", "address");
  const [, address] = /UP +([0-9.]+)/.exec(said.stdout)!;
  const options = [
    ["-i", key],
    ["-o", "StrictHostKeyChecking=no"],
    ["-o", "UserKnownHostsFile=/dev/null"],
    ["-o", "LogLevel=ERROR"],
  ].flat();
  const host = `user@${address}`;
  return {
    host,
    shell: ["ssh", ...options, host],
    copy: ["scp", "-q", ...options],
  };
}
