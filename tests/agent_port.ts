/** The real agent on a socket, as a VM's port is one on the host. */

import { type AgentOptions, prepare } from "./local_agent.ts";

/** Opens the port, as a host does. */
export type Connect = () => Promise<Deno.UnixConn>;

/**
 * A port of the agent as a socket, as QEMU makes it of a virtio-serial port: one
 * host at a time, and the guest sees them come and go. What the guest says while
 * nobody is there waits for the next one. The agent begins with the first.
 *
 * @param work is given the agent's end, too.
 */
export async function inSocket(
  options: AgentOptions,
  work: (
    connect: Connect,
    ended: Promise<Deno.CommandStatus>,
  ) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const [input, output] = [`${folder}/in`, `${folder}/out`];
  await new Deno.Command("mkfifo", { args: [input, output] }).output();
  // With both ends open it never ends for whoever reads it.
  const said = await Deno.open(output, { read: true, write: true });
  const { args, env } = await prepare(folder, options);
  const script = `exec "$@" <'${input}' >'${output}'`;
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", Deno.execPath(), ...args],
    env,
    stderr: "null",
  }).spawn();
  const path = `${folder}/port`;
  const listener = Deno.listen({ transport: "unix", path });
  const relayed = relay(listener, input, said);
  try {
    await work(() => Deno.connect({ transport: "unix", path }), child.status);
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has left.
    }
    await child.status;
    listener.close();
    // It may wait for a word of an agent that is dead.
    await Deno.writeFile(output, new Uint8Array(1));
    await relayed;
    said.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function relay(
  listener: Deno.UnixListener,
  input: string,
  said: Deno.FsFile,
) {
  let host: Deno.UnixConn | undefined;
  let came = Promise.withResolvers<void>();
  let over = false;
  const speaking = (async () => {
    const buffer = new Uint8Array(64 * 1024);
    while (!over) {
      const n = await said.read(buffer);
      if (n === null) return;
      // Nobody there: it is for the next host.
      while (!host && !over) await came.promise;
      for (let at = 0; at < n && host;) {
        at += await host.write(buffer.subarray(at, n)).catch(() => n);
      }
    }
  })();
  for await (const next of listener) {
    using guest = await Deno.open(input, { write: true });
    host = next;
    came.resolve();
    await hear(next, guest).catch(() => {});
    host = undefined;
    came = Promise.withResolvers<void>();
  }
  over = true;
  came.resolve();
  await speaking;
}

/** Hand on what a host says until it leaves. */
async function hear(host: Deno.UnixConn, guest: Deno.FsFile) {
  for await (const bytes of host.readable) {
    for (let at = 0; at < bytes.length;) {
      at += await guest.write(bytes.subarray(at));
    }
  }
}
