/** Programs and files in a VM, against ssh, scp and qemu-guest-agent. */

import { type Finding, times } from "./finding.ts";
import { answer, run, runAll } from "./program.ts";
import { race } from "./race.ts";
import { forget, type Template } from "./world.ts";

const VM = "bench-inside";
const MEGABYTES = 20;

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
        name: `vms-cp of ${MEGABYTES} MB`,
        work: () => runAll([["vms-cp", "--force", file, `${VM}:data`]]),
      },
      {
        name: `scp of ${MEGABYTES} MB`,
        work: () => runAll([[...ssh.copy, file, `${ssh.host}:data2`]]),
      },
    ], Math.min(rounds, 3));
    return [
      times(ours!, theirs!),
      times(ours!, agent!),
      times(copy!, secure!),
    ];
  } finally {
    await forget([VM]);
    await Deno.remove(folder, { recursive: true });
  }
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
